"""Something about an organization's money that somebody has to hear of."""

from chassis import erasures
from chassis.database import Tx
from contracts.envelope import Envelope
from notifier.domain import BillingEvent
from notifier.rendering import Renderer
from notifier.storage import projections
from notifier.storage.notifications import Notification
from notifier.usecases.tell import tell


async def keep_billing(tx: Tx, event: BillingEvent, header: Envelope, renderer: Renderer) -> list[Notification]:
    """Tell whoever answers for the money at the event's instant; returns the new notifications.

    The event is kept as a source: a membership that arrives later may add a reader. Of an erased organization nobody
    is told anything.
    """
    await projections.lock_organization(tx, event.organization_id)
    if await erasures.hold(tx, [event.organization_id]):
        return []
    await projections.insert_source(tx, header, event.organization_id)
    return await tell(tx, header, renderer)
