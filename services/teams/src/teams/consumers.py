"""Events in: event -> use case. Who reacts to what is the table at the bottom."""

from chassis.database import Tx
from chassis.inbox import Reactions, on
from contracts.billing import EntitlementsChangedV1
from contracts.envelope import Envelope
from teams.usecases.keep_quota import keep_quota
from teams.usecases.keep_seats import keep_seats


async def entitlements_changed(tx: Tx, event: EntitlementsChangedV1, header: Envelope) -> None:
    """From now on so many may belong to the organization, and so often may it call."""
    await keep_seats(tx, event.organization_id, seats=event.seats, sequence=header.sequence)
    await keep_quota(tx, event.organization_id, limits=event.limits, sequence=header.sequence)


REACTIONS = Reactions(on(EntitlementsChangedV1, entitlements_changed, snapshot=entitlements_changed))
