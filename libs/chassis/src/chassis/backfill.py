"""Messages straight into one queue, past every exchange: states and archived events for whoever comes late.

Nobody else sees them. A batch is read in a short transaction of its own, sent, and confirmed before the next is read.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from chassis import snapshots, topology
from chassis.amqp import Session, open_session, wait_for_event
from chassis.database import Context, Database, Tx
from chassis.inbox import REPLAYED
from chassis.outbox import EVENTS_EXCHANGE
from chassis.relay import CONFIRM_SECONDS, Unconfirmed
from chassis.signals import signals
from chassis.snapshots import Aggregate
from chassis.wire import Outgoing
from contracts.envelope import CONTENT_TYPE

BATCH = 200
DEFAULT_EXCHANGE = ""

# Whether a row is published does not matter: one that is not yet goes out twice, under one id. Left out, it could fall
# between a relay that has not marked it and a queue that was bound a moment after it was sent.
_ARCHIVED = (
    "FROM outbox WHERE exchange = $1 AND NOT purge AND created_at >= $2 AND created_at < $3 "
    "AND ($4::text[] IS NULL OR type = ANY ($4))"
)
_PAGE = (
    f"SELECT position, created_at, event_id, type, content_type, headers, body {_ARCHIVED} "
    "AND position > $5 ORDER BY position LIMIT $6"
)


class BackfillFailed(Exception):
    """It cannot be done, or not to its end; the message says why and what to do."""


@dataclass(frozen=True)
class Parcel:
    """One message on its way into the queue."""

    event_id: UUID
    type: str
    content_type: str
    headers: Mapping[str, Any]
    body: bytes
    timestamp: datetime


@dataclass(frozen=True)
class Window:
    """Which of the archive: written from `since` until before `until`; of these types, or of all where None."""

    since: datetime
    until: datetime
    types: Collection[str] | None

    @property
    def arguments(self) -> tuple[Any, ...]:
        """As the archive's statements take them."""
        return EVENTS_EXCHANGE, self.since, self.until, None if self.types is None else sorted(self.types)


async def heard_by(queue: str, *, bus_url: str, management_url: str) -> set[str] | None:
    """The types of event that a queue listens to; None where it takes everything. Raises BackfillFailed.

    A queue that is bound to nothing was declared by hand for a look, and a pattern may mean anything: they get all.
    """
    try:
        found = await topology.bindings(queue, bus_url=bus_url, management_url=management_url)
    except topology.TopologyFailed as failure:
        raise BackfillFailed(str(failure)) from failure
    if found is None:
        raise BackfillFailed(f"there is no queue {queue!r}: its service's `topology apply` declares it")
    keys = {key for exchange, key in found if exchange == EVENTS_EXCHANGE}
    if found and not keys:
        raise BackfillFailed(f"{queue!r} is no queue of events: it listens to {sorted({e for e, _ in found})[0]!r}")
    return None if not keys or any(mark in key for key in keys for mark in "*#") else keys


async def count_states(database: Database, aggregates: Iterable[Aggregate]) -> int:
    """How many states there are now."""
    total = 0
    for aggregate in aggregates:
        async with database.transaction(_operator(database)) as tx:
            total += await aggregate.count(tx)
    return total


async def states(
    database: Database, aggregates: Iterable[Aggregate], types: Collection[str], *, label: str = "", batch: int = BATCH
) -> AsyncIterator[list[Parcel]]:
    """Every aggregate as it is, of these types, in batches. A label sends again what was sent under another."""
    context = _operator(database)
    for aggregate in aggregates:
        async for page in snapshots.pages(database, aggregate, context, label=label, batch=batch):
            yield [
                Parcel(envelope.id, envelope.type, CONTENT_TYPE, {}, envelope.to_json(), envelope.time)
                for envelope in page
                if envelope.type in types
            ]


async def count_archived(database: Database, window: Window) -> int:
    """How many events of the archive fall into the window."""
    async with database.transaction(_operator(database)) as tx:
        return int(await tx.fetchval(f"SELECT count(*) {_ARCHIVED}", *window.arguments))


async def archive_begins(database: Database) -> datetime | None:
    """When the oldest row that is still there was written; None where there is none."""
    async with database.transaction(_operator(database)) as tx:
        oldest: datetime | None = await tx.fetchval("SELECT created_at FROM outbox ORDER BY position LIMIT 1")
    return oldest


async def archived(database: Database, window: Window, *, batch: int = BATCH) -> AsyncIterator[list[Parcel]]:
    """The events of the window as they were sent, in the order they were written, in batches; never sealed commands."""
    after = 0
    while True:
        async with database.transaction(_operator(database)) as tx:
            parcels, after, whole = await _archive_page(tx, window, after, batch)
        yield parcels
        if not whole:
            return


async def _archive_page(tx: Tx, window: Window, after: int, batch: int) -> tuple[list[Parcel], int, bool]:
    rows = await tx.fetch(_PAGE, *window.arguments, after, batch)
    parcels = [
        Parcel(
            row["event_id"],
            row["type"],
            row["content_type"],
            orjson.loads(row["headers"]) | {REPLAYED: True},
            row["body"],
            row["created_at"],
        )
        for row in rows
    ]
    return parcels, rows[-1]["position"] if rows else after, len(rows) == batch


async def send(
    batches: AsyncIterator[list[Parcel]], *, queue: str, service: str, bus_url: str
) -> AsyncIterator[Sequence[Parcel]]:
    """Put batches into the queue; yields each once the broker has all of it on disk.

    Raises BackfillFailed where the queue does not take them, and what `is_transient` where a server went away.
    """
    async with open_session(bus_url, name=f"{service} backfill of {queue}", on_lost=lambda: None) as session:
        async for batch in batches:
            await _deliver(session, queue, service, batch)
            yield batch


async def _deliver(session: Session, queue: str, service: str, batch: Sequence[Parcel]) -> None:
    if not batch:
        return
    answers = await session.publisher().publish([_message(queue, service, parcel) for parcel in batch])
    await wait_for_event(answers.some, CONFIRM_SECONDS)
    signals.reached("backfill.after_publish")
    await wait_for_event(answers.all, CONFIRM_SECONDS)
    if answers.refused:
        reason = next(iter(answers.refused.values()))
        raise BackfillFailed(f"the queue {queue!r} took no more: it is gone, or refuses ({reason})")
    if answers.open:
        raise Unconfirmed(f"{len(answers.open)} messages stayed without an answer")
    signals.reached("backfill.after_confirm")


def _message(queue: str, service: str, parcel: Parcel) -> Outgoing:
    return Outgoing(
        exchange=DEFAULT_EXCHANGE,
        routing_key=queue,
        message_id=str(parcel.event_id),
        type=parcel.type,
        content_type=parcel.content_type,
        app_id=service,
        timestamp=parcel.timestamp,
        headers=parcel.headers,
        body=parcel.body,
    )


def _operator(database: Database) -> Context:
    return Context(actor=f"system:{database.service}")
