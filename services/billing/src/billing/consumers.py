"""Events in: event -> use case. Who reacts to what is the table at the bottom."""

from billing.usecases.erase_organization import acknowledge_person, begin_erasure
from billing.usecases.follow_organization import follow_deletion, follow_restoration
from billing.usecases.open_account import open_account
from chassis.database import Tx
from chassis.inbox import Reactions, on
from contracts.envelope import Envelope
from contracts.teams import (
    OrganizationCreatedV1,
    OrganizationDeletedV1,
    OrganizationPurgedV1,
    OrganizationRestoredV1,
    OrganizationUpdatedV1,
    UserDeletedV1,
)


async def organization_seen(
    tx: Tx,
    event: OrganizationCreatedV1 | OrganizationUpdatedV1,
    header: Envelope,  # noqa: ARG001
) -> None:
    """It gets an account if it has none, also where billing came later than the organization."""
    await open_account(tx, event.organization_id, event.name)


async def organization_deleted(tx: Tx, event: OrganizationDeletedV1, header: Envelope) -> None:
    """What is paid for ends with its period."""
    await follow_deletion(tx, event.organization_id, header.sequence)


async def organization_restored(tx: Tx, event: OrganizationRestoredV1, header: Envelope) -> None:
    """It goes on after all."""
    await follow_restoration(tx, event.organization_id, header.sequence)


async def organization_purged(tx: Tx, event: OrganizationPurgedV1, header: Envelope) -> None:  # noqa: ARG001
    """Nobody can have it back: what names it goes, the books stay."""
    await begin_erasure(tx, event.organization_id)


async def user_deleted(tx: Tx, event: UserDeletedV1, header: Envelope) -> None:  # noqa: ARG001
    """Nothing here names people."""
    await acknowledge_person(tx, event.user_id)


REACTIONS = Reactions(
    on(OrganizationCreatedV1, organization_seen),
    on(OrganizationUpdatedV1, organization_seen, snapshot=organization_seen),
    on(OrganizationDeletedV1, organization_deleted, snapshot=organization_deleted),
    on(OrganizationRestoredV1, organization_restored),
    on(OrganizationPurgedV1, organization_purged, snapshot=organization_purged),
    on(UserDeletedV1, user_deleted, snapshot=user_deleted),
)
