"""`/v1/notifications`: one's own, in the organization of the token and beside all organizations."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.database import Tx
from chassis.web import Caller, Listing, Page, Routes
from contracts.permissions import Permission
from notifier.live import Invalidation, Live, announce
from notifier.redis_gateway import RedisLive
from notifier.storage import notifications as storage
from notifier.usecases import read_notifications
from notifier.views import NotificationView

routes = Routes("notifications")

TOPIC = "notifications"


class NotificationListing(Listing):
    """Newest first."""

    unread: Annotated[bool, Field(description="Only what was not read yet.")] = False


class NotificationPage(Page[NotificationView]):
    """A page, and how many are unread altogether."""

    unread_count: int


class UnreadCount(BaseModel):
    """How many notifications the caller has not read."""

    model_config = ConfigDict(frozen=True)

    unread_count: int


class ReadAll(BaseModel):
    """What to mark read: everything, or everything up to a cursor, so that what arrived since stays unread."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    up_to: Annotated[int | None, Field(ge=0, le=2**63 - 1, description="A notification's `cursor`.")] = None


@routes.get("/v1/notifications", access=Permission.NOTIFICATIONS_READ, summary="List my notifications")
async def list_notifications(tx: Tx, caller: Caller, query: NotificationListing) -> NotificationPage:
    """Newest first; `next_cursor` leads to older ones."""
    (before,) = query.after(int) or (None,)
    rows = await storage.list_notifications(
        tx, caller.user_id, before=before, unread=query.unread, limit=query.limit + 1
    )
    page = Page[NotificationView].of(rows, query.limit, item=NotificationView.of, key=lambda row: (row.cursor,))
    return NotificationPage(
        items=page.items,
        next_cursor=page.next_cursor,
        unread_count=await storage.count_unread(tx, caller.user_id),
    )


@routes.get("/v1/notifications/unread-count", access=Permission.NOTIFICATIONS_READ, summary="Count my unread ones")
async def count_unread_notifications(tx: Tx, caller: Caller) -> UnreadCount:
    """For the bell."""
    return UnreadCount(unread_count=await storage.count_unread(tx, caller.user_id))


@routes.get("/v1/notifications/{notification_id}", access=Permission.NOTIFICATIONS_READ, summary="Show a notification")
async def get_notification(tx: Tx, caller: Caller, notification_id: UUID) -> NotificationView:
    """404 for somebody else's, or another organization's."""
    return NotificationView.of(await read_notifications.get_notification(tx, caller.user_id, notification_id))


@routes.post(
    "/v1/notifications/{notification_id}/read",
    access=Permission.NOTIFICATIONS_UPDATE,
    summary="Mark a notification read",
)
async def mark_notification_read(tx: Tx, caller: Caller, notification_id: UUID, live: RedisLive) -> NotificationView:
    """Doing it again keeps the first time. My other tabs hear `invalidate`."""
    return await _mark(tx, caller, notification_id, live, read=True)


@routes.post(
    "/v1/notifications/{notification_id}/unread",
    access=Permission.NOTIFICATIONS_UPDATE,
    summary="Mark a notification unread",
)
async def mark_notification_unread(tx: Tx, caller: Caller, notification_id: UUID, live: RedisLive) -> NotificationView:
    """My other tabs hear `invalidate`."""
    return await _mark(tx, caller, notification_id, live, read=False)


@routes.post(
    "/v1/notifications/read-all", access=Permission.NOTIFICATIONS_UPDATE, summary="Mark all my notifications read"
)
async def mark_all_notifications_read(tx: Tx, caller: Caller, live: RedisLive, query: ReadAll) -> UnreadCount:
    """With `up_to`, what arrived after that cursor stays unread. My other tabs hear `invalidate`."""
    await read_notifications.mark_all_read(tx, caller.user_id, query.up_to)
    announce(tx, live, Invalidation((TOPIC,), user_id=caller.user_id))
    return UnreadCount(unread_count=await storage.count_unread(tx, caller.user_id))


async def _mark(tx: Tx, caller: Caller, notification_id: UUID, live: Live, *, read: bool) -> NotificationView:
    found = await read_notifications.mark(tx, caller.user_id, notification_id, read=read)
    announce(tx, live, Invalidation((TOPIC,), user_id=caller.user_id))
    return NotificationView.of(found)
