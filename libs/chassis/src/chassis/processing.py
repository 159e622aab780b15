"""From delivered messages to committed effects: one transaction for many, and no message spoils its neighbours.

The rules: an effect and the inbox row that records it commit together; a message leaves `settle` only as an effect, as
a known duplicate, or as a row in `failed_messages`; what passes by itself is raised, and the caller comes back later.
"""

import logging
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from time import time
from uuid import UUID

import prometheus_client

from chassis.database import Context, Database, Tx
from chassis.failures import describe, is_transient
from chassis.inbox import Invalid, Message, Reader, Received, first_deliveries, handle, handle_together
from chassis.retries import store_failure
from chassis.signals import signals

TRIES_IN_PLACE = 5
LOCK_TIMEOUT = "10s"

HANDLED = prometheus_client.Counter("inbox_handled", "Messages by what became of them.", ["consumer", "outcome"])
LATENCY = prometheus_client.Histogram(
    "inbox_latency_seconds",
    "From the fact to its committed effect.",
    ["consumer"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600),
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Item:
    message: Message
    received: Received


class _HandlerFailed(Exception):
    """The handler of the item at `index` raised its cause."""

    def __init__(self, index: int, cause: Exception) -> None:
        super().__init__(index)
        self.index = index
        self.cause = cause


class _BatchFailed(Exception):
    """A handler of many raised its cause: nobody knows at which item."""

    def __init__(self, cause: Exception) -> None:
        super().__init__()
        self.cause = cause


class Processor:
    """Handles the messages of one queue. `consumer` names them in the inbox: it must never change for a queue."""

    def __init__(self, database: Database, consumer: str, reader: Reader) -> None:
        self.database = database
        self.consumer = consumer
        self.reader = reader
        self._tries: Counter[UUID] = Counter()

    async def settle(self, messages: Sequence[Message]) -> None:
        """Returns once each message took effect, was a duplicate, or is stored as failed.

        Raises what `is_transient`; then some may be settled and all can be given again.
        """
        items = []
        for message in messages:
            try:
                received = self.reader.read(message)
            except Exception as error:  # noqa: BLE001 - stored with the message
                await self._store(message, None, error, dead=isinstance(error, Invalid))
                continue
            if received.wanted:
                items.append(_Item(message, received))
            else:
                HANDLED.labels(self.consumer, "unwanted").inc()
        parts = deque([items] if items else [])
        while parts:
            parts.extendleft(reversed(await self._attempt(parts.popleft())))
        self._tries.clear()

    async def _attempt(self, part: list[_Item]) -> list[list[_Item]]:
        """Handle a part whole. If that fails, returns the smaller parts to try instead, or stores its only message."""
        try:
            await self._commit(part)
        except _HandlerFailed as failed:
            index = failed.index
            if len(part) > 1:
                return [cut for cut in (part[:index], [part[index]], part[index + 1 :]) if cut]
            await self._give_up(part[0], failed.cause, in_handler=True)
        except _BatchFailed as failed:
            if len(part) > 1:
                return _halves(part)
            await self._give_up(part[0], failed.cause, in_handler=True)
        except Exception as error:
            if is_transient(error):
                raise
            if len(part) > 1:
                return _halves(part)
            await self._give_up(part[0], error, in_handler=False)
        return []

    async def _commit(self, part: Sequence[_Item]) -> None:
        context = Context(actor=f"system:{self.database.service}")
        async with self.database.transaction(context, lock_timeout=LOCK_TIMEOUT) as tx:
            fresh = await first_deliveries(tx, self.consumer, [item.received.event_id for item in part])
            signals.reached("consumer.after_inbox_insert")
            duplicates = len(part) - len(fresh)
            together = []
            for index, item in enumerate(part):
                if item.received.event_id in fresh:
                    fresh.remove(item.received.event_id)
                    if item.received.handle_many is None:
                        await self._handle(tx, index, item.received)
                    else:
                        together.append(item.received)
            await self._handle_together(tx, together)
            signals.reached("consumer.before_commit")
        signals.reached("consumer.after_commit")
        self._count(part, duplicates)

    async def _handle(self, tx: Tx, index: int, received: Received) -> None:
        try:
            await handle(tx, self.consumer, received)
        except Exception as error:
            raise _HandlerFailed(index, error) from error

    async def _handle_together(self, tx: Tx, together: Sequence[Received]) -> None:
        if not together:
            return
        try:
            await handle_together(tx, self.consumer, together)
        except Exception as error:
            raise _BatchFailed(error) from error

    def _count(self, part: Sequence[_Item], duplicates: int) -> None:
        HANDLED.labels(self.consumer, "duplicate").inc(duplicates)
        HANDLED.labels(self.consumer, "handled").inc(len(part) - duplicates)
        now = time()
        for item in part:
            if item.received.sent_at is not None:
                LATENCY.labels(self.consumer).observe(max(0.0, now - item.received.sent_at))

    async def _give_up(self, item: _Item, error: Exception, *, in_handler: bool) -> None:
        """Store a message as failed. What may pass by itself is tried in place first, but not for ever.

        Storing needs the database: while that is away nothing is given up.
        """
        event_id = item.received.event_id
        self._tries[event_id] += 1
        if is_transient(error, in_handler=in_handler) and self._tries[event_id] < TRIES_IN_PLACE:
            raise error
        await self._store(item.message, item.received, error, dead=False)

    async def _store(self, message: Message, received: Received | None, error: Exception, *, dead: bool) -> None:
        description = describe(error, secret=self.reader.sealed and not isinstance(error, Invalid))
        await store_failure(self.database, self.consumer, message, received, description, dead=dead)
        signals.reached("consumer.failed_stored")
        HANDLED.labels(self.consumer, "invalid" if dead else "failed").inc()
        log.error("%s: %s %s: %s", self.consumer, message.type, message.identity, description.group)


def _halves(part: list[_Item]) -> list[list[_Item]]:
    middle = len(part) // 2
    return [part[:middle], part[middle:]]
