"""Reading, marking and counting one's own notifications."""

from uuid import UUID

from chassis.database import Tx
from chassis.problems import NotFound
from notifier.storage import notifications as storage
from notifier.storage.notifications import Notification


async def get_notification(tx: Tx, user_id: UUID, notification_id: UUID) -> Notification:
    """Raises NotFound also for somebody else's, or another organization's."""
    found = await storage.get_notification(tx, user_id, notification_id)
    if found is None:
        raise NotFound
    return found


async def mark(tx: Tx, user_id: UUID, notification_id: UUID, *, read: bool) -> Notification:
    """Mark read or unread; doing it again changes nothing. Raises NotFound."""
    found = await storage.update_read(tx, user_id, notification_id, tx.now if read else None)
    if found is None:
        raise NotFound
    return found


async def mark_all_read(tx: Tx, user_id: UUID, up_to: int | None) -> int:
    """Mark everything of this organization read, up to a cursor if one is given; returns how many there were."""
    return await storage.update_all_read(tx, user_id, up_to)
