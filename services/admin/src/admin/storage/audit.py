"""Tables `admin_audit_logs`, `admin_audit_details` and `admin_audit_checkpoints`."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from admin.domain.audit import Head, Link
from chassis.chains import StoredLink
from chassis.database import Row, Tx

PAGE = 1000
_ROW = """
SELECT l.day, l.number, l.id, l.at, l.actor, l.action, l.target, l.request_id, l.commitment, l.previous, l.hash,
       d.salt, d.details
FROM admin_audit_logs l LEFT JOIN admin_audit_details d ON d.id = l.id
"""


@dataclass(frozen=True)
class AuditRow:
    """One row of the log as people read it."""

    id: UUID
    day: date
    number: int
    at: datetime
    actor: str
    action: str
    target: str
    request_id: str
    details: dict[str, Any] | None


@dataclass(frozen=True)
class Checkpoint:
    """A finished day's end, and the signature over it."""

    head: Head
    signature: bytes
    made_at: datetime


async def lock_head(tx: Tx) -> tuple[Head, datetime] | None:
    """The last row's place and time; until this transaction ends nobody else appends."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtext('admin_audit_logs'))")
    row = await tx.fetchrow("SELECT day, number, hash, at FROM admin_audit_logs ORDER BY day DESC, number DESC LIMIT 1")
    return (Head(row["day"], row["number"], row["hash"]), row["at"]) if row else None


async def insert(tx: Tx, link: Link, *, salt: bytes, details: str) -> None:
    """Append a row with its details."""
    await tx.execute(
        "INSERT INTO admin_audit_logs (day, number, id, at, actor, action, target, request_id, commitment, previous, "
        "hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        link.day,
        link.number,
        link.id,
        link.at,
        link.actor,
        link.action,
        link.target,
        link.request_id,
        link.commitment,
        link.previous,
        link.hash,
    )
    await tx.execute("INSERT INTO admin_audit_details (id, salt, details) VALUES ($1, $2, $3)", link.id, salt, details)


async def list_rows(
    tx: Tx, *, before: UUID | None, limit: int, actor: str | None, action: str | None
) -> list[AuditRow]:
    """Up to `limit + 1`, the newest first. `action` is a prefix, e.g. `deadletters`."""
    rows = await tx.fetch(
        f"{_ROW} WHERE ($1::uuid IS NULL OR l.id < $1) AND ($2::text IS NULL OR l.actor = $2) "
        "AND ($3::text IS NULL OR starts_with(l.action, $3)) ORDER BY l.id DESC LIMIT $4",
        before,
        actor,
        action,
        limit + 1,
    )
    return [_row(row) for row in rows]


def _row(row: Row) -> AuditRow:
    return AuditRow(
        id=row["id"],
        day=row["day"],
        number=row["number"],
        at=row["at"],
        actor=row["actor"],
        action=row["action"],
        target=row["target"],
        request_id=row["request_id"],
        details=orjson.loads(row["details"]) if row["details"] is not None else None,
    )


async def head_before(tx: Tx, day: date) -> Head | None:
    """Where the chain stood when that day began."""
    row = await tx.fetchrow(
        "SELECT day, number, hash FROM admin_audit_logs WHERE day < $1 ORDER BY day DESC, number DESC LIMIT 1", day
    )
    return Head(row["day"], row["number"], row["hash"]) if row else None


async def links_since(tx: Tx, day: date) -> AsyncIterator[StoredLink[Link]]:
    """Every row from that day on, in the chain's order, a page at a time."""
    after_day, after_number = day, 0
    while True:
        rows = await tx.fetch(
            f"{_ROW} WHERE (l.day, l.number) > ($1, $2) ORDER BY l.day, l.number LIMIT $3",
            after_day,
            after_number,
            PAGE,
        )
        for row in rows:
            yield _stored(row)
        if len(rows) < PAGE:
            return
        after_day, after_number = rows[-1]["day"], rows[-1]["number"]


def _stored(row: Row) -> StoredLink[Link]:
    fields = {name: row[name] for name in Link.__dataclass_fields__}
    return StoredLink(Link(**fields), row["hash"], row["salt"], row["details"])


async def list_days_without_checkpoint(tx: Tx, before: date) -> list[Head]:
    """Finished days that have rows and no checkpoint, with their ends."""
    rows = await tx.fetch(
        "SELECT DISTINCT ON (day) day, number, hash FROM admin_audit_logs WHERE day < $1 "
        "AND day > coalesce((SELECT max(day) FROM admin_audit_checkpoints), DATE '1970-01-01') "
        "ORDER BY day, number DESC",
        before,
    )
    return [Head(row["day"], row["number"], row["hash"]) for row in rows]


async def insert_checkpoint(tx: Tx, head: Head, signature: bytes) -> None:
    """Store a day's checkpoint; one that is there stays."""
    await tx.execute(
        "INSERT INTO admin_audit_checkpoints (day, rows, head, signature, made_at) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (day) DO NOTHING",
        head.day,
        head.rows,
        head.hash,
        signature,
        tx.now,
    )


async def list_checkpoints(tx: Tx, since: date) -> list[Checkpoint]:
    """From that day on, in order."""
    rows = await tx.fetch(
        "SELECT day, rows, head, signature, made_at FROM admin_audit_checkpoints WHERE day >= $1 ORDER BY day", since
    )
    return [Checkpoint(Head(row["day"], row["rows"], row["head"]), row["signature"], row["made_at"]) for row in rows]
