"""The only way out: facts are written as rows in the transaction that makes them true; the relay publishes the rows."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

import asyncpg
import orjson

from chassis import sealing, telemetry
from chassis.database import Tx
from chassis.pool import Pool
from chassis.signals import signals
from contracts import envelope
from contracts.commands import SecretCommand
from contracts.envelope import CONTENT_TYPE
from contracts.event import EventData
from contracts.ids import new_id

EVENTS_EXCHANGE = "events"
COMMANDS_EXCHANGE = "commands"
SEALED_CONTENT_TYPE = "application/octet-stream"
NOTIFY_SECONDS = 0.001
LONGEST_NOTIFY_SECONDS = 0.004
"""Where commits follow each other closely a relay is at work anyway; an event may wait for it no longer than this."""

log = logging.getLogger(__name__)

_INSERT = """
INSERT INTO outbox (event_id, exchange, routing_key, type, content_type, org_id, headers, body, purge)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_INSERT_MANY = """
INSERT INTO outbox (event_id, exchange, routing_key, type, content_type, org_id, headers, body, purge)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::jsonb[], $8::bytea[],
                     $9::boolean[])
"""


class _Outgoing(NamedTuple):
    """A row of the outbox, in the order of its INSERT."""

    event_id: UUID
    exchange: str
    routing_key: str
    type: str
    content_type: str
    org_id: UUID | None
    headers: str
    body: bytes
    purge: bool


@dataclass
class _Pending:
    """All rows of one transaction, written with one statement just before it commits.

    A single one, the usual case, spares its round trip: it goes with COMMIT. Many are cheaper as arrays.
    """

    tx: Tx
    rows: list[_Outgoing] = field(default_factory=list)

    async def __call__(self) -> None:
        if len(self.rows) == 1:
            name = await self.tx.connection.name_of(_INSERT)
            self.tx.with_commit.append(f"EXECUTE {name}({_literals(self.rows[0])});")
        else:
            await self.tx.connection.execute(_INSERT_MANY, *map(list, zip(*self.rows, strict=True)))
        signals.reached("outbox.before_commit")

    async def announce(self) -> None:
        """Tell the relay that there is work: directly where it runs in this process, else by NOTIFY."""
        signals.reached("outbox.after_commit")
        if local := _relays.get(self.tx.service):
            local.set()
        else:
            _notifier(self.tx.pool, self.tx.service).poke()


def _literals(row: _Outgoing) -> str:
    """The row's values as SQL. Ids and hexadecimal digits need no quoting, everything else gets it."""
    texts = ",".join(map(_quoted, (row.exchange, row.routing_key, row.type, row.content_type)))
    org_id = "NULL" if row.org_id is None else f"'{row.org_id.hex}'"
    return f"'{row.event_id.hex}',{texts},{org_id},{_quoted(row.headers)},'\\x{row.body.hex()}',{row.purge}"


def _quoted(text: str) -> str:
    """A literal of SQL. Backslashes mean nothing in it (standard_conforming_strings)."""
    return "'" + text.replace("'", "''") + "'"


def add(tx: Tx, event: EventData, *, sequence: int, org_id: UUID | None = None) -> UUID:
    """State a fact: it is published if and only if `tx` commits. Returns the event's id.

    `sequence` is the aggregate's version, from its locked row. `org_id` defaults to the transaction's organization.
    """
    traceparent = telemetry.current_traceparent()
    event_id, org_id = new_id(), org_id or tx.context.org_id
    body = envelope.write(
        event,
        id=event_id,
        source=f"/services/{tx.service}",
        time=tx.now,
        sequence=sequence,
        actor=tx.context.actor,
        correlationid=tx.context.correlation_id,
        orgid=org_id,
        causationid=tx.context.causation_id,
        traceparent=traceparent,
    )
    _collect(
        tx,
        _Outgoing(
            event_id=event_id,
            exchange=EVENTS_EXCHANGE,
            routing_key=event.type,
            type=event.type,
            content_type=CONTENT_TYPE,
            org_id=org_id,
            headers=_headers({"traceparent": traceparent}),
            body=body,
            purge=False,
        ),
    )
    return event_id


def add_command(tx: Tx, command: SecretCommand, *, public_key: str) -> UUID:
    """Send a command that only the holder of `public_key`'s private half can read. Returns the message's id.

    Its row is deleted, not kept, once the broker has confirmed it.
    """
    message_id = new_id()
    data = command.model_dump(mode="json")
    content = {"id": message_id, "type": command.type, "version": command.version, "data": data}
    headers = {
        "actor": tx.context.actor,
        "correlationid": tx.context.correlation_id,
        "traceparent": telemetry.current_traceparent(),
    }
    _collect(
        tx,
        _Outgoing(
            event_id=message_id,
            exchange=COMMANDS_EXCHANGE,
            routing_key=command.recipient,
            type=command.type,
            content_type=SEALED_CONTENT_TYPE,
            org_id=tx.context.org_id,
            headers=_headers(headers),
            body=sealing.seal(public_key, orjson.dumps(content)),
            purge=True,
        ),
    )
    return message_id


def _headers(values: dict[str, str | None]) -> str:
    return orjson.dumps({name: value for name, value in values.items() if value is not None}).decode()


def _collect(tx: Tx, row: _Outgoing) -> None:
    pending = next((write for write in tx.before_commit if isinstance(write, _Pending)), None)
    if pending is None:
        pending = _Pending(tx)
        tx.before_commit.append(pending)
        tx.after_commit.append(pending.announce)
    pending.rows.append(row)


_relays: dict[str, asyncio.Event] = {}


@contextmanager
def relay_in_this_process(service: str, wake: asyncio.Event) -> Iterator[None]:
    """While this holds, a commit in this process sets `wake` instead of sending a NOTIFY."""
    _relays[service] = wake
    try:
        yield
    finally:
        if _relays.get(service) is wake:
            del _relays[service]


class _Notifier:
    """Coalesces NOTIFYs and sends them outside the transaction: in each one it halves the write rate.

    The first goes at once. While commits keep coming the pause after each doubles, so that a flood of writes does not
    pay for waking somebody who is awake; after a pause without a commit the next one goes at once again.
    """

    def __init__(self, pool: Pool, service: str) -> None:
        self._pool = pool
        self._channel = channel(service)
        self._wanted = False
        self._task: asyncio.Task[None] | None = None

    def poke(self) -> None:
        self._wanted = True
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._send())

    async def _send(self) -> None:
        pause = NOTIFY_SECONDS
        while self._wanted:
            self._wanted = False
            try:
                await self._pool.execute("SELECT pg_notify($1, '')", self._channel)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                log.debug("no NOTIFY, the relay's poll finds the rows: %r", error)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_NOTIFY_SECONDS)


_notifiers: dict[Pool, _Notifier] = {}


def _notifier(pool: Pool, service: str) -> _Notifier:
    found = _notifiers.get(pool)
    if found is None:
        for closed in [known for known in _notifiers if known.closing]:
            del _notifiers[closed]
        found = _notifiers[pool] = _Notifier(pool, service)
    return found


def channel(service: str) -> str:
    """The NOTIFY channel on which a service's relay hears of new rows."""
    return f"{service}_outbox"
