"""Tables `activity_logs` and `activity_checkpoints` as a chain: walked in order, sealed at its ends."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from chassis.chains import Place, StoredLink
from chassis.database import Row, Tx
from teams.domain.activity import Head, Link, signed_content

PAGE = 1000
_LINK = tuple(field.name for field in fields(Link))
_WALK = """
SELECT l.org_id, l.number, l.at, l.actor, l.on_behalf_of, l.action, l.subject_type, l.subject_id, l.request_id,
       l.commitment, l.previous, l.hash, d.salt, d.details
FROM activity_logs l LEFT JOIN activity_details d USING (org_id, at, number)
WHERE l.org_id = $1 AND (l.at, l.number) > ($2, $3) ORDER BY l.at, l.number LIMIT $4
"""
_BEGINNING = datetime.fromisoformat("0001-01-02T00:00:00+00:00")


@dataclass(frozen=True)
class Checkpoint:
    """A sealed end, and the signature over it. On a `floor` hangs the oldest row that is kept."""

    org_id: UUID
    place: Place
    floor: bool
    signature: bytes

    def content(self) -> bytes:
        """What the signature covers."""
        return signed_content(self.org_id, self.place, floor=self.floor)


async def list_chains(tx: Tx, *, after: UUID, limit: int) -> list[Head]:
    """The ends of the next organizations' chains, by organization."""
    rows = await tx.fetch(
        "SELECT org_id, number, at, hash FROM activity_heads WHERE org_id > $1 ORDER BY org_id LIMIT $2", after, limit
    )
    return [Head(**dict(row)) for row in rows]


async def get_head(tx: Tx, org_id: UUID) -> Head | None:
    """Where an organization's chain ends, as it is written."""
    row = await tx.fetchrow("SELECT org_id, number, at, hash FROM activity_heads WHERE org_id = $1", org_id)
    return Head(**dict(row)) if row else None


async def walk(tx: Tx, org_id: UUID) -> AsyncIterator[StoredLink[Link]]:
    """Every row that is there, in the order it was written, a page at a time."""
    at, number = _BEGINNING, 0
    while True:
        rows = await tx.fetch(_WALK, org_id, at, number, PAGE)
        for row in rows:
            yield _stored(row)
        if len(rows) < PAGE:
            return
        at, number = rows[-1]["at"], rows[-1]["number"]


def _stored(row: Row) -> StoredLink[Link]:
    link = Link(**{name: row[name] for name in _LINK})
    return StoredLink(link, row["hash"], row["salt"], row["details"])


async def list_unsealed(tx: Tx, limit: int) -> list[Head]:
    """Chains that have grown since their last checkpoint."""
    rows = await tx.fetch(
        "SELECT org_id, number, at, hash FROM activity_heads h WHERE number > 0 AND NOT EXISTS"
        " (SELECT FROM activity_checkpoints c WHERE c.org_id = h.org_id AND c.number = h.number) LIMIT $1",
        limit,
    )
    return [Head(**dict(row)) for row in rows]


async def list_ends_before(tx: Tx, before: datetime) -> list[Head]:
    """The last row before then of every organization that has one."""
    rows = await tx.fetch(
        "SELECT DISTINCT ON (org_id) org_id, number, at, hash FROM activity_logs WHERE at < $1"
        " ORDER BY org_id, at DESC, number DESC",
        before,
    )
    return [Head(**dict(row)) for row in rows]


async def insert_checkpoints(tx: Tx, checkpoints: Sequence[Checkpoint]) -> None:
    """Store them; one that is there stays."""
    await tx.executemany(
        "INSERT INTO activity_checkpoints (org_id, number, floor, hash, signature, made_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (org_id, number, floor) DO NOTHING",
        [(one.org_id, one.place.number, one.floor, one.place.hash, one.signature, tx.now) for one in checkpoints],
    )


async def list_checkpoints(tx: Tx, org_id: UUID) -> list[Checkpoint]:
    """An organization's, in order."""
    rows = await tx.fetch(
        "SELECT number, hash, floor, signature FROM activity_checkpoints WHERE org_id = $1 ORDER BY number", org_id
    )
    return [Checkpoint(org_id, Place(row["number"], row["hash"]), row["floor"], row["signature"]) for row in rows]


async def drop_months(tx: Tx, before: datetime) -> int:
    """Make the coming months' partitions and drop those that ended before then; returns how many."""
    return int(await tx.fetchval("SELECT maintain_activity($1)", before))
