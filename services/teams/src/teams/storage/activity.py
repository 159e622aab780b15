"""Tables `activity_logs`, `activity_details` and `activity_heads`: how a row is appended."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from chassis.database import Tx
from teams.domain.activity import ORIGIN, Head, Link

_START = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Written:
    """A row with its details, as it is stored."""

    link: Link
    salt: bytes
    details: str
    persons: Sequence[str]


async def get_names(tx: Tx, actors: Collection[str]) -> dict[str, str]:
    """The names of those actors that are people in sight, by `user:<id>`."""
    ids = [UUID(actor.removeprefix("user:")) for actor in actors if actor.startswith("user:")]
    if not ids:
        return {}
    rows = await tx.fetch("SELECT id, name FROM users WHERE id = ANY($1)", ids)
    return {f"user:{row['id']}": row["name"] for row in rows}


async def lock_head(tx: Tx, org_id: UUID) -> Head:
    """Where the chain ends; until this transaction ends nobody else appends to it."""
    row = await tx.fetchrow(
        "INSERT INTO activity_heads (org_id, number, at, hash) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (org_id) DO UPDATE SET org_id = excluded.org_id RETURNING org_id, number, at, hash",
        org_id,
        ORIGIN.number,
        _START,
        ORIGIN.hash,
    )
    if row is None:
        raise LookupError("an upsert returned nothing")
    return Head(**dict(row))


async def update_head(tx: Tx, head: Head) -> None:
    """Store where the chain ends now."""
    await tx.execute(
        "UPDATE activity_heads SET number = $2, at = $3, hash = $4 WHERE org_id = $1",
        head.org_id,
        head.number,
        head.at,
        head.hash,
    )


async def insert_rows(tx: Tx, rows: Sequence[Written]) -> None:
    """Append rows in the order of their numbers, with what they commit to."""
    await tx.executemany(
        "INSERT INTO activity_logs (org_id, number, at, actor, on_behalf_of, action, subject_type, subject_id,"
        " request_id, commitment, previous, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        [(*vars(row.link).values(), row.link.hash) for row in rows],
    )
    await tx.executemany(
        "INSERT INTO activity_details (org_id, number, at, salt, details, persons) VALUES ($1, $2, $3, $4, $5, $6)",
        [(row.link.org_id, row.link.number, row.link.at, row.salt, row.details, row.persons) for row in rows],
    )


async def erase_organization(tx: Tx, org_id: UUID) -> list[int]:
    """Erase all details of an organization's log; returns whose, in order. The worker's door alone may."""
    rows = await tx.fetch("DELETE FROM activity_details WHERE org_id = $1 RETURNING number", org_id)
    return sorted(row["number"] for row in rows)
