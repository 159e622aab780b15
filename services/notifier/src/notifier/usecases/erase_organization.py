"""An organization is gone for good: nothing that names it or its people stays."""

from chassis import erasures as acknowledging
from chassis.database import Tx
from contracts.envelope import Envelope
from contracts.teams import OrganizationPurgedV1
from notifier.storage import erasures, projections


async def erase_organization(tx: Tx, event: OrganizationPurgedV1, header: Envelope) -> None:
    """What arrives of it later is not told to anybody. Acknowledged once; erasing again finds nothing."""
    await projections.lock_organization(tx, event.organization_id)
    await acknowledging.acknowledge(tx, "organization", event.organization_id)
    await erasures.bury_organization(tx, event.organization_id, header.sequence)
    await erasures.delete_of_organization(tx, event.organization_id)
