"""Notifications and the cursor that numbers them for each person."""
# ruff: noqa: S608 - what is put together are this file's own column lists

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from chassis.database import Row, Tx

_COLUMNS = "id, user_id, org_id, cursor, kind, category, title, body, data, traceparent, created_at, read_at"


@dataclass(frozen=True)
class Draft:
    """A notification before it has a place in its reader's numbering. One per event and user."""

    id: UUID
    event_id: UUID
    user_id: UUID
    org_id: UUID | None
    kind: str
    category: str
    title: str
    body: str
    data: dict[str, Any]
    traceparent: str | None
    created_at: datetime


@dataclass(frozen=True)
class Notification:
    """A stored notification. `cursor` counts 1, 2, 3 … for each person, over all their organizations."""

    id: UUID
    user_id: UUID
    org_id: UUID | None
    cursor: int
    kind: str
    category: str
    title: str
    body: str
    data: dict[str, Any]
    traceparent: str | None
    created_at: datetime
    read_at: datetime | None

    @classmethod
    def of(cls, row: Row) -> "Notification":
        """From a row of `_COLUMNS`."""
        return cls(**(dict(row) | {"data": orjson.loads(row["data"])}))


async def lock_streams(tx: Tx, users: list[UUID]) -> None:
    """Lock the numbering of these people, in one order everywhere; made where it is missing."""
    await tx.execute("INSERT INTO user_streams (user_id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING", users)
    await tx.execute("SELECT 1 FROM user_streams WHERE user_id = ANY ($1) ORDER BY user_id FOR UPDATE", users)


async def insert_notifications(tx: Tx, drafts: list[Draft]) -> list[Notification]:
    """Store one notification for each person who has none of this event yet; returns the new ones.

    All drafts are of one event. Locks the readers' streams, so cursors are in the order of commits.
    """
    users = sorted(draft.user_id for draft in drafts)
    await lock_streams(tx, users)
    rows = await tx.fetch(
        "INSERT INTO notifications (id, event_id, user_id, org_id, cursor, kind, category, title, body, data, "
        "  traceparent, created_at) "
        "SELECT d.id, d.event_id, d.user_id, d.org_id, s.top + 1, d.kind, d.category, d.title, d.body, d.data, "
        "  d.traceparent, d.created_at "
        "FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], "
        "  $9::jsonb[], $10::text[], $11::timestamptz[]) "
        "  AS d (id, event_id, user_id, org_id, kind, category, title, body, data, traceparent, created_at) "
        "JOIN user_streams s USING (user_id) "
        "WHERE NOT EXISTS (SELECT FROM notifications n "
        "  WHERE n.event_id = d.event_id AND n.user_id = d.user_id AND n.created_at = d.created_at) "
        f"RETURNING {_COLUMNS}",
        *_columns(drafts),
    )
    stored = [Notification.of(row) for row in rows]
    await tx.execute(
        "UPDATE user_streams SET top = top + 1 WHERE user_id = ANY ($1)",
        [notification.user_id for notification in stored],
    )
    return stored


def _columns(drafts: list[Draft]) -> list[list[Any]]:
    rows = [vars(draft) | {"data": orjson.dumps(draft.data).decode()} for draft in drafts]
    return [[row[name] for row in rows] for name in Draft.__dataclass_fields__]


async def list_notifications(
    tx: Tx, user_id: UUID, *, before: int | None, unread: bool, limit: int
) -> list[Notification]:
    """The reader's newest first, from below a cursor on; row-level security keeps other organizations' out."""
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM notifications WHERE user_id = $1 AND ($2::bigint IS NULL OR cursor < $2) "
        "AND (NOT $3 OR read_at IS NULL) ORDER BY cursor DESC LIMIT $4",
        user_id,
        before,
        unread,
        limit,
    )
    return [Notification.of(row) for row in rows]


async def get_notification(tx: Tx, user_id: UUID, notification_id: UUID) -> Notification | None:
    """One notification of this reader, within the transaction's organization."""
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM notifications WHERE user_id = $1 AND id = $2", user_id, notification_id
    )
    return Notification.of(row) if row else None


async def update_read(tx: Tx, user_id: UUID, notification_id: UUID, read_at: datetime | None) -> Notification | None:
    """Mark read (keeping the first time it was) or unread."""
    row = await tx.fetchrow(
        "UPDATE notifications SET read_at = CASE WHEN $3::timestamptz IS NULL THEN NULL ELSE coalesce(read_at, $3) END "
        f"WHERE user_id = $1 AND id = $2 RETURNING {_COLUMNS}",
        user_id,
        notification_id,
        read_at,
    )
    return Notification.of(row) if row else None


async def update_all_read(tx: Tx, user_id: UUID, up_to: int | None) -> int:
    """Mark what is unread, up to a cursor if one is given; returns how many there were."""
    return await tx.execute(
        "UPDATE notifications SET read_at = $2 "
        "WHERE user_id = $1 AND read_at IS NULL AND ($3::bigint IS NULL OR cursor <= $3)",
        user_id,
        tx.now,
        up_to,
    )


async def count_unread(tx: Tx, user_id: UUID) -> int:
    """How many the reader has not read, within the transaction's organization."""
    count: int = await tx.fetchval("SELECT count(*) FROM notifications WHERE user_id = $1 AND read_at IS NULL", user_id)
    return count


@dataclass(frozen=True)
class Stream:
    """A reader's numbering: cursors of another `epoch` mean nothing here; `top` is the newest one given out."""

    epoch: UUID
    top: int


async def open_stream(tx: Tx, user_id: UUID) -> Stream:
    """The reader's numbering, made if this is their first look."""
    row = await tx.fetchrow("SELECT epoch, top FROM open_stream($1)", user_id)
    if row is None:
        raise LookupError("open_stream gave no row")
    return Stream(row["epoch"], row["top"])


async def get_tops(tx: Tx, users: list[UUID]) -> dict[UUID, int]:
    """The newest cursor of each reader who has one."""
    rows = await tx.fetch("SELECT user_id, top FROM stream_tops($1)", users)
    return {row["user_id"]: row["top"] for row in rows}


async def is_whole_after(tx: Tx, user_id: UUID, cursor: int) -> bool:
    """Whether everything after that cursor is still there."""
    whole: bool = await tx.fetchval("SELECT stream_reaches($1, $2)", user_id, cursor)
    return whole


async def list_missed(tx: Tx, user_id: UUID, *, after: int, up_to: int, limit: int) -> list[Notification]:
    """What the reader may see between two cursors (`after` excluded), oldest first."""
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM notifications WHERE user_id = $1 AND cursor > $2 AND cursor <= $3 "
        "ORDER BY cursor LIMIT $4",
        user_id,
        after,
        up_to,
        limit,
    )
    return [Notification.of(row) for row in rows]


async def get_newest_cursor(tx: Tx, user_id: UUID, up_to: int) -> int:
    """The newest cursor the reader may see, at most `up_to`; 0 without any."""
    cursor: int | None = await tx.fetchval(
        "SELECT cursor FROM notifications WHERE user_id = $1 AND cursor <= $2 ORDER BY cursor DESC LIMIT 1",
        user_id,
        up_to,
    )
    return cursor or 0


async def maintain_partitions(tx: Tx, *, months_ahead: int, keep: timedelta) -> None:
    """Make the coming months' partitions, drop those older than `keep`."""
    await tx.execute("SELECT maintain_notifications($1, $2, $3)", tx.now, months_ahead, keep)
