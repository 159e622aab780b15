"""An organization's name, as teams last stated it."""

from chassis import erasures
from chassis.database import Tx
from contracts.envelope import Envelope
from notifier.domain import OrganizationEvent
from notifier.rendering import Renderer
from notifier.storage import projections
from notifier.storage.notifications import Notification
from notifier.usecases.tell import tell


async def keep_organization(
    tx: Tx, event: OrganizationEvent, header: Envelope, renderer: Renderer
) -> list[Notification]:
    """Keep the newest version, and tell what waited for the name; returns the new notifications.

    A deleted organization keeps its name until it is purged; then nothing said before brings it back.
    """
    await projections.lock_organization(tx, event.organization_id)
    if await erasures.hold(tx, [event.organization_id]):
        return []
    await projections.upsert_organization(tx, event, header.sequence)
    told: list[Notification] = []
    for source in await projections.list_waiting_sources(tx, event.organization_id):
        told += await tell(tx, source, renderer)
    return told
