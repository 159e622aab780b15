"""What an organization's own roles allow, and what that means for who hears of what."""

from chassis import erasures
from chassis.database import Tx
from contracts.envelope import Envelope
from notifier.domain import RoleEvent
from notifier.rendering import Renderer
from notifier.storage import projections
from notifier.storage.notifications import Notification
from notifier.usecases.tell import tell_since


async def keep_role(tx: Tx, event: RoleEvent, header: Envelope, renderer: Renderer) -> list[Notification]:
    """Keep this version, also as a snapshot shows it; returns the new notifications.

    A role is no news to anybody, but events of its organization that happened since are told again: whoever has it may
    have turned out to be a reader of them. Nothing is kept of an erased organization.
    """
    await projections.lock_organization(tx, event.organization_id)
    if event.organization_id in await erasures.hold(tx, [event.organization_id]):
        return []
    new = await projections.insert_role(tx, event, sequence=header.sequence, since=header.time)
    return await tell_since(tx, event.organization_id, header.time, renderer) if new else []
