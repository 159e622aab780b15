"""Publishes the outbox. One relay a service is active; a row is marked only after the broker confirmed its message.

A process that dies between confirm and mark leaves rows that the next relay publishes again: consumers know them by id.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

import orjson
from opentelemetry.trace import Span
from prometheus_client import Counter

from chassis import outbox, telemetry
from chassis.amqp import Session, Supervised, open_session, wait_for_event
from chassis.database import Database, Row
from chassis.signals import signals
from chassis.wire import Outgoing

BATCH = 500
POLL_SECONDS = 1.0
CONFIRM_SECONDS = 30.0
HOLD_SECONDS = 5.0
UNANSWERED = "no answer"

PUBLISHED = Counter("outbox_published", "Messages the broker confirmed.", ["service"])
REFUSED = Counter("outbox_refused", "Messages the broker returned or refused; they are tried again.", ["service"])

_CLAIM = """
SELECT position, created_at, event_id, exchange, routing_key, type, content_type, headers, body, purge
FROM outbox WHERE published_at IS NULL AND position <> ALL($1::bigint[]) ORDER BY position LIMIT $2
"""
_MARK = """
UPDATE outbox SET published_at = clock_timestamp()
WHERE position = ANY($1::bigint[]) AND created_at BETWEEN $2 AND $3 AND NOT purge
"""
_NO_WAIT_FOR_DISK = "SET synchronous_commit = off"
"""A mark that a crash of the server forgets means that its row is published once more, which every consumer expects."""
_PURGE = "DELETE FROM outbox WHERE position = ANY($1::bigint[]) AND created_at BETWEEN $2 AND $3 AND purge"

log = logging.getLogger(__name__)


class Unconfirmed(ConnectionError):
    """The broker left publishes without an answer: this session cannot be trusted any more."""


@dataclass(frozen=True)
class _Publish:
    """One message on its way, and its span where spans are recorded."""

    message: Outgoing
    span: Span | None

    def end(self, error: str | None) -> None:
        if self.span is not None:
            telemetry.end(self.span, error)


class Relay(Supervised):
    """A service's relay. Run one in each worker process: the database lets one be active, the others stand by.

    The lease is a session-level advisory lock on a connection of its own, over which rows are also claimed and marked:
    a relay that lost its connection can do neither.
    """

    def __init__(self, database: Database, bus_url: str, *, batch: int = BATCH) -> None:
        super().__init__(f"{database.service} relay")
        self._database = database
        self._service = database.service
        self._bus_url = bus_url
        self._batch = batch
        self._held: dict[int, float] = {}
        self.active = asyncio.Event()

    async def session(self) -> None:
        """Stand by for the lease; with it, publish until something is lost."""
        async with self._database.pool.connection() as connection:
            if not await connection.fetchval(
                "SELECT pg_try_advisory_lock(hashtext('chassis.relay'), hashtext($1))", self._service
            ):
                self.backoff.reset()
                await self.pause(POLL_SECONDS)
                return
            await connection.execute(_NO_WAIT_FOR_DISK)
            async with (
                open_session(self._bus_url, name=self.name, on_lost=self.wake.set) as session,
                self._listening(connection),
            ):
                await self._publish_all(connection, session)

    @asynccontextmanager
    async def _listening(self, connection: Any) -> AsyncIterator[None]:
        def woken(*_: object) -> None:
            self.wake.set()

        connection.add_termination_listener(woken)
        await connection.add_listener(outbox.channel(self._service), woken)
        self.active.set()
        try:
            with outbox.relay_in_this_process(self._service, self.wake):
                yield
        finally:
            self.active.clear()
            if not connection.is_closed():
                connection.remove_termination_listener(woken)
                await connection.remove_listener(outbox.channel(self._service), woken)

    async def _publish_all(self, connection: Any, session: Session) -> None:
        while not self.stopping and not session.lost:
            self.wake.clear()
            rows = await connection.fetch(_CLAIM, self._holding(), self._batch)
            if rows:
                signals.reached("relay.after_claim")
                await self._relay(connection, session, rows)
                self.backoff.reset()
            if len(rows) < self._batch and not self.stopping:
                await wait_for_event(self.wake, POLL_SECONDS)

    def _holding(self) -> list[int]:
        """Rows that were refused a moment ago wait, so that they do not keep others from passing."""
        now = monotonic()
        self._held = {position: until for position, until in self._held.items() if until > now}
        return list(self._held)

    async def _relay(self, connection: Any, session: Session, rows: Sequence[Row]) -> None:
        publishes = [self._begin(row) for row in rows]
        answers = await session.publisher().publish([publish.message for publish in publishes])
        await wait_for_event(answers.some, CONFIRM_SECONDS)
        signals.reached("relay.after_publish")
        await wait_for_event(answers.all, CONFIRM_SECONDS)
        signals.reached("relay.after_confirm")
        for place, publish in enumerate(publishes):
            publish.end(UNANSWERED if place in answers.open else answers.refused.get(place))
        unconfirmed = answers.open | answers.refused.keys()
        if confirmed := [row for place, row in enumerate(rows) if place not in unconfirmed]:
            await self._mark(connection, confirmed)
        self._hold_back([(rows[place], reason) for place, reason in answers.refused.items()])
        if answers.open:
            raise Unconfirmed(f"{len(answers.open)} publishes stayed without an answer")

    def _begin(self, row: Row) -> _Publish:
        headers = orjson.loads(row["headers"])
        span = telemetry.start_recorded(f"publish {row['type']}", headers.get("traceparent"))
        if span is not None:
            headers["traceparent"] = telemetry.traceparent_of(span)
        message = Outgoing(
            exchange=row["exchange"],
            routing_key=row["routing_key"],
            message_id=str(row["event_id"]),
            type=row["type"],
            content_type=row["content_type"],
            app_id=self._service,
            timestamp=row["created_at"],
            headers=headers,
            body=row["body"],
        )
        return _Publish(message, span)

    async def _mark(self, connection: Any, rows: Sequence[Row]) -> None:
        signals.reached("relay.before_mark")
        positions = [row["position"] for row in rows]
        instants = [row["created_at"] for row in rows]
        period = (positions, min(instants), max(instants))
        if not all(row["purge"] for row in rows):
            await connection.execute(_MARK, *period)
        if any(row["purge"] for row in rows):
            await connection.execute(_PURGE, *period)
        PUBLISHED.labels(self._service).inc(len(rows))
        signals.reached("relay.after_mark")

    def _hold_back(self, refused: Sequence[tuple[Row, str]]) -> None:
        """What was refused is tried again, after others have passed."""
        for row, reason in refused:
            self._held[row["position"]] = monotonic() + HOLD_SECONDS
            log.warning("%s: %s %s was not taken: %s", self.name, row["type"], row["event_id"], reason)
        REFUSED.labels(self._service).inc(len(refused))
