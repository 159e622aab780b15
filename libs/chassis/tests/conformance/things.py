"""A service with an aggregate of many versions, and two consumers that keep the newest of each and tell of each event.

`witness` is there from the first event on; `late` comes when much has happened. `told` has no unique key: what was told
twice stands there twice.
"""

import random
from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from chassis import outbox
from chassis.database import Context, Database, Tx
from chassis.inbox import Reactions, on
from chassis.snapshots import Aggregate, State
from contracts.envelope import Envelope
from contracts.event import EventData
from contracts.ids import new_id

SERVICE, WITNESS, LATE = "ledger", "witness", "late"


class ThingChangedV1(EventData):
    type: ClassVar[str] = "thing.changed"
    version: ClassVar[int] = 1

    thing_id: UUID
    text: str
    gone: bool

    @property
    def subject(self) -> str:
        return str(self.thing_id)


class ThingAdmiredV1(ThingChangedV1):
    """A fact that changes nothing, and that no snapshot repeats."""

    type: ClassVar[str] = "thing.admired"


async def change(database: Database, thing_id: UUID | None = None) -> UUID:
    """Make a thing, or change or end one, and say so."""
    context = Context(actor="user:tester")
    text, gone = random.randbytes(8).hex(), thing_id is not None and random.random() < 0.2
    async with database.transaction(context) as tx:
        version = 1
        if thing_id is None:
            thing_id = new_id()
            await tx.execute("INSERT INTO things VALUES ($1, 1, $2, $3)", thing_id, text, gone)
        else:
            version += await tx.fetchval("SELECT version FROM things WHERE thing_id = $1 FOR UPDATE", thing_id)
            await tx.execute(
                "UPDATE things SET version = $2, text = $3, gone = $4 WHERE thing_id = $1",
                thing_id,
                version,
                text,
                gone,
            )
        outbox.add(tx, ThingChangedV1(thing_id=thing_id, text=text, gone=gone), sequence=version)
        outbox.add(tx, ThingAdmiredV1(thing_id=thing_id, text=text, gone=gone), sequence=version)
    return thing_id


async def admire(database: Database) -> UUID:
    """State a fact that changes nothing; returns the event's id."""
    async with database.transaction(Context(actor="user:tester")) as tx:
        return outbox.add(tx, ThingAdmiredV1(thing_id=new_id(), text="", gone=False), sequence=1)


async def _count(tx: Tx) -> int:
    return int(await tx.fetchval("SELECT count(*) FROM things"))


async def _page(tx: Tx, after: UUID, limit: int) -> Sequence[State]:
    rows = await tx.fetch("SELECT * FROM things WHERE thing_id > $1 ORDER BY thing_id LIMIT $2", after, limit)
    return [State(ThingChangedV1(thing_id=r["thing_id"], text=r["text"], gone=r["gone"]), r["version"]) for r in rows]


THINGS = Aggregate((ThingChangedV1,), _count, _page)


def reactions(consumer: str) -> Reactions:
    """Keeps and tells; a snapshot is kept alone."""

    async def keep(tx: Tx, event: ThingChangedV1, header: Envelope) -> None:
        table = f"{consumer}_things"
        await tx.execute(
            f"INSERT INTO {table} VALUES ($1, $2, $3, $4) ON CONFLICT (thing_id) DO UPDATE SET "
            f"sequence = excluded.sequence, text = excluded.text, gone = excluded.gone "
            f"WHERE {table}.sequence < excluded.sequence",
            event.thing_id,
            header.sequence,
            event.text,
            event.gone,
        )

    async def tell(tx: Tx, event: ThingChangedV1, header: Envelope) -> None:
        await tx.execute("INSERT INTO told VALUES ($1, $2)", consumer, header.id)

    async def keep_and_tell(tx: Tx, event: ThingChangedV1, header: Envelope) -> None:
        await keep(tx, event, header)
        await tell(tx, event, header)

    return Reactions(on(ThingChangedV1, keep_and_tell, snapshot=keep), on(ThingAdmiredV1, tell))


async def rows(database: Database, sql: str, *arguments: Any) -> list[tuple[Any, ...]]:
    async with database.transaction(Context(actor="system:test")) as tx:
        return [tuple(row.values()) for row in await tx.fetch(sql, *arguments)]


async def projection(database: Database, consumer: str) -> list[tuple[Any, ...]]:
    """The whole table."""
    return await rows(database, f"SELECT * FROM {consumer}_things ORDER BY thing_id")


async def told_twice(database: Database) -> int:
    found = await rows(
        database, "SELECT count(*) FROM (SELECT FROM told GROUP BY consumer, event_id HAVING count(*) > 1) AS twice"
    )
    return int(found[0][0])
