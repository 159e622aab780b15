"""Postgres: pools, the transaction a use case works in, and the check of the roles before anything starts."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Self, cast
from uuid import UUID

import asyncpg

from chassis.clock import Clock, SystemClock
from contracts.ids import new_id

Row = asyncpg.Record
AfterCommit = Callable[[], Awaitable[None]]
DoorName = Literal["api", "worker"]

log = logging.getLogger(__name__)

ACQUIRE_SECONDS = 5.0
"""Longer than this nobody waits for a connection: TimeoutError, which the HTTP door answers as 503."""


class CommitRefused(Exception):
    """A statement had failed and its error was swallowed: Postgres undid the transaction instead of committing it."""


class _Connection(asyncpg.Connection):  # type: ignore[misc, type-arg, unused-ignore]
    """asyncpg's, but it notices a COMMIT that was none, and is not reset where there is nothing to reset."""

    _as_it_was = False
    _prelude = ""

    def begin_with(self, settings: str) -> None:
        """Have the next BEGIN make these transaction-local settings too: a round trip less for every transaction."""
        self._prelude = settings

    def leave_as_it_is(self) -> None:
        """Spare the next return to the pool its reset, a round trip: only transaction-local settings were made.

        A rule in tests/rules holds that no statement of ours leaves more behind.
        """
        self._as_it_was = True

    def get_reset_query(self) -> str:
        """What asyncpg sends before the next borrower gets the connection; nothing where it is as it was.

        Settings that no BEGIN took with it end here too: the next borrower's must not act for this one.
        """
        spared, self._as_it_was, self._prelude = self._as_it_was, False, ""
        return "" if spared else str(super().get_reset_query())

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:
        """Postgres answers COMMIT of a failed transaction with ROLLBACK and no error; asyncpg takes it for success."""
        if self._prelude and query.startswith("BEGIN"):
            query, self._prelude = query + self._prelude, ""
        status = await super().execute(query, *args, timeout=timeout)
        if status == "ROLLBACK" and query.startswith("COMMIT"):
            raise CommitRefused("a statement of this transaction failed earlier, so nothing was committed")
        return str(status)


@dataclass(frozen=True)
class Context:
    """Who acts, why, and from where.

    `actor` as in `contracts.envelope`; `correlation_id` ties all that follows from one request; `address` and
    `user_agent` are the client's, empty where no request began it. `granted` is all that an API key may do; None for
    people, whose role says it.
    """

    actor: str
    correlation_id: str = field(default_factory=lambda: str(new_id()))
    causation_id: UUID | None = None
    org_id: UUID | None = None
    user_id: UUID | None = None
    address: str = ""
    user_agent: str = ""
    granted: frozenset[str] | None = None


@dataclass
class Tx:
    """One open transaction. Use cases read and write through it; only the door that opened it commits.

    `now` is read once, so that everything in one transaction happens at one instant. `pool` is for what follows the
    commit, when `connection` is no longer this transaction's.
    """

    connection: "asyncpg.Connection[Row]"
    context: Context
    service: str
    clock: Clock
    before_commit: list[AfterCommit] = field(default_factory=list)
    after_commit: list[AfterCommit] = field(default_factory=list)
    pool: "asyncpg.Pool[Row] | None" = None

    def __post_init__(self) -> None:
        self.now = self.clock.now()

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


def _acting_for(org_id: UUID | None, user_id: UUID | None) -> str:
    """The settings that row-level security reads. An id is made of digits and dashes: nothing in it needs quoting."""
    return f"SET LOCAL app.org_id = '{_id(org_id)}'; SET LOCAL app.user_id = '{_id(user_id)}';"


def _id(value: UUID | None) -> str:
    return "" if value is None else str(value if isinstance(value, UUID) else UUID(str(value)))


async def execute_alone(pool: "asyncpg.Pool[Row]", sql: str, *args: Any) -> None:
    """Run one statement outside any transaction; it must leave nothing behind in the session."""
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as connection:
        await connection.execute(sql, *args)
        cast("_Connection", connection).leave_as_it_is()


class Database:
    """A pool of one role's connections to one service's schema."""

    def __init__(self, pool: "asyncpg.Pool[Row]", service: str, clock: Clock) -> None:
        self.pool = pool
        self.service = service
        self.clock = clock

    @classmethod
    async def connect(cls, url: str, *, service: str, clock: Clock | None = None, size: int = 8) -> Self:
        """Open a pool. `service` is also the schema's name."""
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=size,
            server_settings={"search_path": service, "application_name": service, "timezone": "UTC"},
            command_timeout=30,
            connection_class=_Connection,
        )
        return cls(pool, service, clock or SystemClock())

    async def close(self) -> None:
        """Wait for borrowed connections, then close all."""
        await self.pool.close()

    @asynccontextmanager
    async def transaction(self, context: Context, *, lock_timeout: str | None = None) -> AsyncIterator[Tx]:
        """Open a transaction under the context's organization and user; commit on return, roll back on any exception.

        `lock_timeout` as Postgres writes it, e.g. `10s`: no statement waits longer for another transaction's rows.
        `before_commit` callbacks run inside it (the outbox writes its rows there), `after_commit` ones once it holds.
        Raises CommitRefused where a failed statement's error was swallowed.
        """
        settings = _acting_for(context.org_id, context.user_id)
        if lock_timeout is not None:
            settings += f"SET LOCAL lock_timeout = '{lock_timeout}';"
        lent = await self.pool.acquire(timeout=ACQUIRE_SECONDS)
        connection = cast("_Connection", lent)
        connection.begin_with(settings)
        try:
            async with connection.transaction():
                tx = Tx(connection, context, self.service, self.clock, pool=self.pool)
                yield tx
                for write in tx.before_commit:
                    await write()
            connection.leave_as_it_is()
        except asyncpg.InternalClientError:  # its protocol got stuck: it is not lent to the next
            connection.terminate()
            raise
        finally:
            await self.pool.release(lent)
        for notify in tx.after_commit:
            await self._run(notify)

    async def _run(self, notify: AfterCommit) -> None:
        """What follows a commit is a hint (a wake-up, a push): its failure must not look like the write's failure."""
        try:
            await notify()
        except Exception:
            log.exception("a callback after the commit failed")
