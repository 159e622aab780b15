"""Postgres: the transaction a use case works in."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, Self
from uuid import UUID

import asyncpg

from chassis.clock import Clock, SystemClock
from chassis.pool import Connection, Lent, Pool
from contracts.ids import new_id_text

Row = asyncpg.Record
AfterCommit = Callable[[], Awaitable[None]]
DoorName = Literal["api", "worker"]

log = logging.getLogger(__name__)

_REFUSED = "a statement of this transaction failed earlier, so nothing was committed"


class CommitRefused(Exception):
    """A statement had failed and its error was swallowed: Postgres undid the transaction instead of committing it."""


@dataclass(frozen=True)
class Context:
    """Who acts, why, and from where.

    `actor` as in `contracts.envelope`; `correlation_id` ties all that follows from one request; `address` and
    `user_agent` are the client's, empty where no request began it. `granted` is all that an API key may do; None for
    people, whose role says it.
    """

    actor: str
    correlation_id: str = field(default_factory=new_id_text)
    causation_id: UUID | None = None
    org_id: UUID | None = None
    user_id: UUID | None = None
    address: str = ""
    user_agent: str = ""
    granted: frozenset[str] | None = None


@dataclass
class Tx:
    """One open transaction. Use cases read and write through it; only the door that opened it commits.

    `now` is read once, so that everything in one transaction happens at one instant. `with_commit` are statements that
    go to Postgres in one message with COMMIT, after what `before_commit` did. `pool` is for what follows the commit,
    when `connection` is no longer this transaction's.
    """

    lent: Lent
    context: Context
    service: str
    clock: Clock
    pool: Pool
    before_commit: list[AfterCommit] = field(default_factory=list)
    with_commit: list[str] = field(default_factory=list)
    after_commit: list[AfterCommit] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.now = self.clock.now()

    @property
    def connection(self) -> Connection:
        """Raises InterfaceError once the transaction is over."""
        return self.lent.connection

    async def fetch(self, sql: str, *args: Any) -> list[Row]:
        """All rows."""
        return await self.connection.fetch(sql, *args)

    async def fetchrow(self, sql: str, *args: Any) -> Row | None:
        """The first row, or None."""
        return await self.connection.fetchrow(sql, *args)

    async def fetchval(self, sql: str, *args: Any) -> Any:
        """The first column of the first row, or None."""
        return await self.connection.fetchval(sql, *args)

    async def execute(self, sql: str, *args: Any) -> int:
        """Run a statement; returns how many rows it touched."""
        status = await self.connection.execute(sql, *args)
        return int(digits) if (digits := status.rpartition(" ")[2]).isdecimal() else 0

    async def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for many rows."""
        await self.connection.executemany(sql, rows)

    async def act_for(self, *, org_id: UUID | None = None, user_id: UUID | None = None) -> None:
        """Tell row-level security for whom the rest of this transaction works (transaction-local settings)."""
        await self.connection.execute(_acting_for(org_id, user_id))

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What fails inside is undone alone. Its error is raised; whoever catches it may go on with the transaction."""
        await self.connection.execute("SAVEPOINT here")
        try:
            yield
        except BaseException:
            await self.connection.execute("ROLLBACK TO here; RELEASE here")
            raise
        await self.connection.execute("RELEASE here")


def _acting_for(org_id: UUID | None, user_id: UUID | None) -> str:
    """The settings that row-level security reads. Hexadecimal digits need no quoting."""
    return f"SET LOCAL app.org_id = '{_id(org_id)}'; SET LOCAL app.user_id = '{_id(user_id)}';"


def _id(value: UUID | None) -> str:
    return "" if value is None else value.hex


class Database:
    """A pool of one role's connections to one service's schema."""

    def __init__(self, pool: Pool, service: str, clock: Clock) -> None:
        self.pool = pool
        self.service = service
        self.clock = clock

    @classmethod
    async def connect(cls, url: str, *, service: str, clock: Clock | None = None, size: int = 8) -> Self:
        """Open a pool. `service` is also the schema's name."""
        settings = {
            "search_path": service,
            "application_name": service,
            "timezone": "UTC",
            "standard_conforming_strings": "on",
        }
        connect = partial(
            asyncpg.connect, url, server_settings=settings, command_timeout=30, connection_class=Connection
        )
        return cls(await Pool.open(connect, size), service, clock or SystemClock())

    async def close(self) -> None:
        """Wait for borrowed connections, then close all."""
        await self.pool.close()

    def transaction(self, context: Context, *, lock_timeout: str | None = None) -> AbstractAsyncContextManager[Tx]:
        """Open a transaction under the context's organization and user; commit on return, roll back on any exception.

        `lock_timeout` as Postgres writes it, e.g. `10s`: no statement waits longer for another transaction's rows.
        `before_commit` callbacks run inside it (the outbox writes its rows there), `after_commit` ones once it holds.
        Raises CommitRefused where a failed statement's error was swallowed.
        """
        begin = "BEGIN;" + _acting_for(context.org_id, context.user_id)
        if lock_timeout is not None:
            begin += f"SET LOCAL lock_timeout = '{lock_timeout}';"
        return _Transaction(self, context, begin)


class _Transaction(AbstractAsyncContextManager[Tx]):
    """From BEGIN, which takes the settings along, to COMMIT; where either failed the connection is cleaned."""

    def __init__(self, database: Database, context: Context, begin: str) -> None:
        self._database = database
        self._context = context
        self._begin = begin

    async def __aenter__(self) -> Tx:
        database = self._database
        lent = await database.pool.lend()
        try:
            await lent.connection.execute(self._begin)
            self._tx = Tx(lent, self._context, database.service, database.clock, database.pool)
        except BaseException:
            await database.pool.take_back(lent)
            raise
        return self._tx

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        tx = self._tx
        if error is not None:
            await self._undo(error)
            return
        try:
            await _commit(tx)
        except BaseException as failure:
            await self._undo(failure)
            raise
        tx.pool.take_back_as_it_was(tx.lent)
        for notify in tx.after_commit:
            await _run(notify)

    async def _undo(self, error: BaseException) -> None:
        tx = self._tx
        if isinstance(error, asyncpg.InternalClientError):  # its protocol got stuck: it is not lent to the next
            tx.connection.terminate()
        elif isinstance(error, (asyncpg.InvalidCachedStatementError, asyncpg.OutdatedSchemaCacheError)):
            tx.pool.renew()
        await tx.pool.take_back(tx.lent)


async def _commit(tx: Tx) -> None:
    """Postgres answers COMMIT of a failed transaction with ROLLBACK and no error, and any other statement with one."""
    try:
        for write in tx.before_commit:
            await write()
        status = await tx.connection.execute("".join(tx.with_commit) + "COMMIT")
    except asyncpg.InFailedSQLTransactionError as error:
        raise CommitRefused(_REFUSED) from error
    if status != "COMMIT":
        raise CommitRefused(_REFUSED)


async def _run(notify: AfterCommit) -> None:
    """What follows a commit is a hint (a wake-up, a push): its failure must not look like the write's failure."""
    try:
        await notify()
    except Exception:
        log.exception("a callback after the commit failed")
