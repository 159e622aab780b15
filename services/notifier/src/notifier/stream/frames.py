"""The frames of `/v1/stream`, as the bytes that go onto the wire: built once, sent to many."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson

from notifier.storage.notifications import Notification
from notifier.views import NotificationView


def _frame(type_: str, **fields: Any) -> bytes:
    return orjson.dumps({"type": type_, **fields})


def hello(epoch: UUID, cursor: int, heartbeat_s: float) -> bytes:
    """The first frame: the numbering, the newest cursor this reader may see here, seconds between pings."""
    return _frame("hello", epoch=str(epoch), cursor=cursor, heartbeat_s=heartbeat_s)


def notification(stored: Notification) -> bytes:
    """One notification, with the trace of the request that caused it."""
    view = NotificationView.of(stored).model_dump(mode="json")
    return _frame("notification", cursor=stored.cursor, data=view, traceparent=stored.traceparent)


def invalidate(topics: Iterable[str]) -> bytes:
    """What the client holds of these topics is out of date; it fetches them again over HTTP."""
    return _frame("invalidate", topics=sorted(topics))


def ping(cursor: int) -> bytes:
    """Still here; `cursor` is the last notification's this socket was sent, or the newest at its start."""
    return _frame("ping", cursor=cursor)


def reset() -> bytes:
    """The missed ones cannot be sent: fetch the list over HTTP and go on from the cursor of the hello or next ping."""
    return _frame("reset")


def bye(code: str, retry_after_ms: int | None) -> bytes:
    """The last frame. Without `retry_after_ms` coming back makes no sense until something else changed."""
    return _frame("bye", code=code, retry_after_ms=retry_after_ms)
