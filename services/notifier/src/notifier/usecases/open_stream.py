"""Where a socket begins, and what it missed."""

from dataclasses import dataclass
from uuid import UUID

from chassis.database import Tx
from notifier.storage import notifications as storage
from notifier.storage.notifications import Notification

MAX_REPLAY = 500


@dataclass(frozen=True)
class Missed:
    """`newest`: the newest cursor the reader may see here; `notifications` is None where not all can be sent, and the
    client has to start anew.
    """

    newest: int
    notifications: list[Notification] | None


@dataclass(frozen=True)
class Opening:
    """`top` is the reader's newest cursor anywhere."""

    epoch: UUID
    top: int
    missed: Missed


async def open_stream(tx: Tx, user_id: UUID, *, cursor: int | None, epoch: UUID | None) -> Opening:
    """Begin at the present, or after `cursor` of the same epoch with everything since: all of it or nothing."""
    stream = await storage.open_stream(tx, user_id)
    if cursor is None:
        missed = Missed(await storage.get_newest_cursor(tx, user_id, stream.top), [])
    elif epoch in (None, stream.epoch) and cursor <= stream.top:
        missed = await missed_between(tx, user_id, cursor, stream.top)
    else:
        missed = Missed(await storage.get_newest_cursor(tx, user_id, stream.top), None)
    return Opening(stream.epoch, stream.top, missed)


async def missed_between(tx: Tx, user_id: UUID, after: int, up_to: int) -> Missed:
    """What the reader may see between two cursors, unless that is too much or no longer all there."""
    newest = await storage.get_newest_cursor(tx, user_id, up_to)
    if not await storage.is_whole_after(tx, user_id, after):
        return Missed(newest, None)
    found = await storage.list_missed(tx, user_id, after=after, up_to=up_to, limit=MAX_REPLAY + 1)
    return Missed(newest, None if len(found) > MAX_REPLAY else found)
