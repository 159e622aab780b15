"""Messages whose handling failed: kept in the own schema, tried again with growing waits, then dead until told.

A dead message waits for a person: `replay` after a repair, `discard` with a reason. Sealed bodies stay sealed here.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

import orjson

from chassis.database import Context, Database, Row, Tx
from chassis.failures import Description, describe
from chassis.inbox import Invalid, Message, Reader, first_deliveries, handle
from chassis.signals import signals

Outcome = Literal["succeeded", "duplicate", "failed"]
PAGE = 200

_SELECTED = """
WHERE ($1::text IS NULL OR consumer = $1) AND ($2::text IS NULL OR type = $2)
  AND ($3::text IS NULL OR error_group = $3) AND ($4::uuid IS NULL OR id = $4) AND ($5::text IS NULL OR state = $5)
"""
_GROUPS = f"""
SELECT consumer, type, error_group, state, count(*) AS count, min(first_failed_at) AS first_failed_at,
       max(last_failed_at) AS last_failed_at, (array_agg(id))[1] AS example
FROM failed_messages {_SELECTED}
GROUP BY consumer, type, error_group, state ORDER BY count(*) DESC, consumer, error_group
"""  # noqa: S608 - made of constants
_PAGE = f"SELECT * FROM failed_messages {_SELECTED} AND id > $6 ORDER BY id LIMIT {PAGE}"  # noqa: S608
_DISCARD = f"""
WITH gone AS (DELETE FROM failed_messages {_SELECTED} RETURNING *)
INSERT INTO discarded_messages (id, consumer, event_id, type, org_id, error_group, reason, discarded_by, discarded_at)
SELECT id, consumer, event_id, type, org_id, error_group, $6, $7, $8 FROM gone
"""  # noqa: S608


@dataclass(frozen=True)
class Selection:
    """Which failed messages are meant. What is None does not narrow; by default all that are dead."""

    consumer: str | None = None
    type: str | None = None
    error_group: str | None = None
    id: UUID | None = None
    state: Literal["waiting", "dead"] | None = "dead"

    @property
    def arguments(self) -> tuple[object, ...]:
        """The values of the query's first five parameters."""
        return (self.consumer, self.type, self.error_group, self.id, self.state)


@dataclass(frozen=True)
class Group:
    """Failed messages with like errors. `example` is the id of one of them."""

    consumer: str
    type: str | None
    error_group: str
    state: str
    count: int
    first_failed_at: datetime
    last_failed_at: datetime
    example: UUID


@dataclass(frozen=True)
class Failed:
    """One failed message. `body` is what arrived, for a sealed command still sealed."""

    id: UUID
    consumer: str
    event_id: UUID
    type: str | None
    org_id: UUID | None
    body: bytes
    headers: Mapping[str, object]
    message_id: str | None
    error: str
    error_group: str
    attempts: int
    state: str
    next_try_at: datetime | None
    first_failed_at: datetime
    last_failed_at: datetime

    @property
    def message(self) -> Message:
        """As the broker delivered it."""
        return Message(self.body, self.message_id, self.type, self.headers)


@dataclass
class Report:
    """What a replay did, or would do, to one group of like errors.

    `errors` are today's: the group of like ones -> the first of them in its own words.
    """

    consumer: str
    error_group: str
    succeeded: int = 0
    duplicate: int = 0
    failed: int = 0
    errors: dict[str, str] = field(default_factory=dict)


async def groups(database: Database, selection: Selection) -> list[Group]:
    """Failed messages by like errors, the largest group first."""
    async with database.transaction(_operator(database)) as tx:
        rows = await tx.fetch(_GROUPS, *selection.arguments)
    return [Group(**dict(row)) for row in rows]


async def show(database: Database, id: UUID) -> Failed | None:
    """One failed message with its body, or None."""
    async with database.transaction(_operator(database)) as tx:
        row = await tx.fetchrow("SELECT * FROM failed_messages WHERE id = $1", id)
    return failed_from(row) if row else None


async def discard(database: Database, selection: Selection, *, reason: str, by: str) -> int:
    """Give messages up for good; who, when and why is kept in `discarded_messages`. Returns how many."""
    if not reason.strip():
        raise ValueError("a message is discarded for a reason")
    async with database.transaction(_operator(database)) as tx:
        return await tx.execute(
            _DISCARD,
            *selection.arguments,
            reason,
            by,
            tx.now,
        )


async def replay(
    database: Database,
    readers: Mapping[str, Reader],
    selection: Selection,
    *,
    dry_run: bool,
    at_most: int | None = None,
) -> list[Report]:
    """Give messages to today's handlers, each in a transaction of its own; with `dry_run` each is rolled back.

    `readers` by consumer. A message that succeeds, or turns out to be a duplicate, leaves; one that fails stays as it
    is with its new error. `at_most` bounds how many are tried.
    """
    reports: dict[tuple[str, str], Report] = {}
    tried = 0
    async for failed in _each(database, selection):
        if tried == at_most:
            break
        tried += 1
        report = reports.setdefault((failed.consumer, failed.error_group), Report(failed.consumer, failed.error_group))
        try:
            outcome = await attempt(database, readers, failed, dry_run=dry_run)
        except Exception as error:  # noqa: BLE001 - put down in the report
            description = describe_failure(error, readers, failed)
            report.failed += 1
            report.errors.setdefault(description.group, description.text)
            if not dry_run:
                await put_down(database, failed.id, description, dead=failed.state == "dead")
            continue
        report.duplicate += outcome == "duplicate"
        report.succeeded += outcome == "succeeded"
    return list(reports.values())


async def attempt(
    database: Database, readers: Mapping[str, Reader], failed: Failed, *, dry_run: bool = False
) -> Literal["succeeded", "duplicate", "gone"]:
    """Handle a failed message: effect, inbox row and its removal commit together. Raises what the handler raises."""
    if (reader := readers.get(failed.consumer)) is None:
        raise Invalid(f"this service does not read {failed.consumer!r}")
    received = reader.read(failed.message)
    outcome: Literal["succeeded", "duplicate", "gone"] = "succeeded"
    try:
        async with database.transaction(_operator(database)) as tx:
            if not await tx.fetchval("SELECT true FROM failed_messages WHERE id = $1 FOR UPDATE", failed.id):
                return "gone"
            if await first_deliveries(tx, failed.consumer, [received.event_id]):
                await handle(tx, failed.consumer, received)
            else:
                outcome = "duplicate"
            await tx.execute("DELETE FROM failed_messages WHERE id = $1", failed.id)
            if dry_run:
                await _rehearse_commit(tx)
            signals.reached("retry.before_commit")
    except _DryRun:
        pass
    return outcome


class _DryRun(Exception):
    """Rolls a dry run back."""


async def _rehearse_commit(tx: Tx) -> None:
    """Do what a commit would still check, then undo everything."""
    for write in tx.before_commit:
        await write()
    await tx.execute("".join(tx.with_commit) + "SET CONSTRAINTS ALL IMMEDIATE")
    raise _DryRun


def describe_failure(error: Exception, readers: Mapping[str, Reader], failed: Failed) -> Description:
    """An error in words that may be stored: nothing of a sealed command's content."""
    reader = readers.get(failed.consumer)
    secret = reader is None or reader.sealed
    return describe(error, secret=secret and not isinstance(error, Invalid))


async def put_down(database: Database, id: UUID, description: Description, *, dead: bool) -> None:
    """Store the newest error of a message; `dead` ends its waiting."""
    async with database.transaction(_operator(database)) as tx:
        await tx.execute(
            "UPDATE failed_messages SET error = $2, error_group = $3, last_failed_at = $4, "
            "state = CASE WHEN $5 THEN 'dead' ELSE state END, "
            "next_try_at = CASE WHEN $5 THEN NULL ELSE next_try_at END WHERE id = $1",
            id,
            description.text,
            description.group,
            tx.now,
            dead,
        )


async def _each(database: Database, selection: Selection) -> AsyncIterator[Failed]:
    """All selected, in the order of their ids, a page at a time; what a replay adds meanwhile may be missed."""
    after = UUID(int=0)
    while True:
        async with database.transaction(_operator(database)) as tx:
            rows = await tx.fetch(_PAGE, *selection.arguments, after)
        for row in rows:
            yield failed_from(row)
        if len(rows) < PAGE:
            return
        after = rows[-1]["id"]


def failed_from(row: Row) -> Failed:
    """A row of `failed_messages`."""
    stored = orjson.loads(row["headers"])
    values = {name: row[name] for name in row.keys() if name != "headers"}  # noqa: SIM118 - a Record iterates over values
    return Failed(**values, headers=stored["headers"], message_id=stored["message_id"])


def stored_headers(message: Message) -> str:
    """The message's identity and its plain headers, as JSON."""
    kept = {name: value for name, value in message.headers.items() if isinstance(value, str | int | float | bool)}
    return orjson.dumps({"message_id": message.message_id, "headers": kept}).decode()


def _operator(database: Database) -> Context:
    return Context(actor=f"system:{database.service}")
