"""Billing said how many seats an organization has."""

from uuid import UUID

from chassis.database import Tx
from teams.domain.activity import Action, Subject
from teams.domain.organizations import FREE_SEATS
from teams.storage import seat_limits
from teams.usecases.record_activity import record_activity


async def keep_seats(tx: Tx, org_id: UUID, *, seats: int, sequence: int) -> None:
    """The newest word counts, in whatever order they arrive. Nobody is removed when seats become fewer."""
    former = await seat_limits.get_seats(tx, org_id) or FREE_SEATS
    if await seat_limits.store_seats(tx, org_id, seats, sequence) and seats != former:
        record_activity(
            tx,
            Action.SEATS_CHANGED,
            Subject("organization", str(org_id), ""),
            before={"seats": former},
            after={"seats": seats},
            org_id=org_id,
        )
