"""A service's aggregates as they are now: states that fill somebody's projection and tell nobody of anything.

Each is the aggregate's state event with its present sequence, marked `snapshot` in the envelope.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from chassis.database import Context, Database, Tx
from contracts.envelope import Envelope
from contracts.event import EventData

_IDS = UUID("6d0d5a52-31f6-5c0e-9c35-2f6f9a3f7c41")


@dataclass(frozen=True)
class State:
    """One aggregate at this instant. `since` is the time of the event that made it so, where the service knows it."""

    event: EventData
    sequence: int
    org_id: UUID | None = None
    since: datetime | None = None


@dataclass(frozen=True)
class Aggregate:
    """One kind of aggregate that a service publishes.

    `page(tx, after, limit)` reads the states whose subject, a UUID, is greater than `after`, in its order; each page in
    a transaction of its own. Sequence and data of a state come from one statement.
    """

    models: tuple[type[EventData], ...]
    count: Callable[[Tx], Awaitable[int]]
    page: Callable[[Tx, UUID, int], Awaitable[Sequence[State]]]

    @property
    def types(self) -> set[str]:
        """The events its states are told as."""
        return {model.type for model in self.models}


def snapshot_id(source: str, state: State, label: str) -> UUID:
    """The same for the same state of the same aggregate, and (being no UUIDv7) never an event's id."""
    return uuid5(_IDS, f"{label} {source} {state.event.subject} {state.sequence}")


async def pages(
    database: Database, aggregate: Aggregate, context: Context, *, label: str, batch: int
) -> AsyncIterator[list[Envelope]]:
    """Every state, page by page, as envelopes. What changes meanwhile is in the events that are published anyway."""
    after = UUID(int=0)
    while True:
        async with database.transaction(context) as tx:
            states = await aggregate.page(tx, after, batch)
            now = tx.now
        yield [_around(database.service, state, context, now, label) for state in states]
        if len(states) < batch:
            return
        after = UUID(states[-1].event.subject)


def _around(service: str, state: State, context: Context, now: datetime, label: str) -> Envelope:
    source = f"/services/{service}"
    return Envelope.around(
        state.event,
        id=snapshot_id(source, state, label),
        source=source,
        time=state.since or now,
        sequence=state.sequence,
        actor=context.actor,
        correlationid=context.correlation_id,
        orgid=state.org_id,
        snapshot=True,
    )
