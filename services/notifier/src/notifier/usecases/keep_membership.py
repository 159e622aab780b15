"""Who belongs to an organization, and what that means for who hears of what."""

from chassis import erasures
from chassis.database import Tx
from contracts.envelope import Envelope
from notifier.domain import MembershipEvent
from notifier.rendering import Renderer
from notifier.storage import projections
from notifier.storage.notifications import Notification
from notifier.usecases.tell import tell_since


async def keep_membership(tx: Tx, event: MembershipEvent, header: Envelope, renderer: Renderer) -> list[Notification]:
    """Keep this version, and tell of it; returns the new notifications.

    Events of the organization that happened since are told again: this version may add a reader to them who could not
    be known when they arrived. Nothing is kept of an erased organization, and of an erased person no name.
    """
    await projections.lock_organization(tx, event.organization_id)
    erased = await erasures.hold(tx, [event.organization_id, event.user_id])
    if event.organization_id in erased:
        return []
    await projections.insert_membership(tx, event, sequence=header.sequence, since=header.time)
    source = _nameless(header) if event.user_id in erased else header
    await projections.insert_source(tx, source, event.organization_id)
    return await tell_since(tx, event.organization_id, header.time, renderer)


async def learn_membership(tx: Tx, event: MembershipEvent, header: Envelope, renderer: Renderer) -> list[Notification]:
    """Keep this version as a snapshot shows it, without telling of it: it was told when it happened.

    A version that was not known yet may still add a reader to events that arrived before it, as above.
    """
    await projections.lock_organization(tx, event.organization_id)
    if event.organization_id in await erasures.hold(tx, [event.organization_id]):
        return []
    new = await projections.insert_membership(tx, event, sequence=header.sequence, since=header.time)
    return await tell_since(tx, event.organization_id, header.time, renderer) if new else []


def _nameless(header: Envelope) -> Envelope:
    """The same fact about nobody in particular."""
    return header.model_copy(update={"data": header.data | {"email": "", "name": ""}})
