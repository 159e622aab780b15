"""Connections to Postgres that are lent and come back: first come, first served, and none is lent while it is spoiled.

asyncpg has a pool too. It makes a task and a timer for every loan, and whoever has just returned a connection overtakes
those who wait for one (docs/decisions/0024-the-way-to-a-commit.md).
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

Row = asyncpg.Record

LEND_SECONDS = 5.0
"""Longer than this nobody waits for a connection: TimeoutError, which the HTTP door answers as 503."""

IDLE_SECONDS = 300.0
"""A connection that nobody needed for so long is closed, unless it is the only idle one."""

log = logging.getLogger(__name__)


class Connection(asyncpg.Connection):  # type: ignore[misc, type-arg, unused-ignore]
    """asyncpg's. It knows by what names the server has prepared the statements that travel in a message with others."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepared: dict[str, PreparedStatement[Row]] = {}

    async def name_of(self, sql: str) -> str:
        """What to write after EXECUTE; the statement is prepared at the first use."""
        if (statement := self._prepared.get(sql)) is None:
            statement = self._prepared[sql] = await self.prepare(sql)
        return str(statement.get_name())


class Lent:
    """A connection while it is lent. Who keeps it longer does not work on in somebody else's transaction."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection: Connection | None = connection

    @property
    def connection(self) -> Connection:
        """Raises InterfaceError once it was given back."""
        if self._connection is None:
            raise asyncpg.InterfaceError("the connection was given back: what it was lent for is over")
        return self._connection

    def end(self) -> Connection:
        """The connection, for the last time."""
        connection, self._connection = self.connection, None
        return connection


class Pool:
    """At most `size` connections, opened when they are needed; the one that came back last is lent first."""

    def __init__(self, connect: Callable[[], Awaitable[Any]], size: int) -> None:
        self.size = size
        self.closing = False
        self._connect = connect
        self._unopened = size
        self._open: set[Connection] = set()
        self._outdated: set[Connection] = set()
        self._idle: list[tuple[Connection, float]] = []
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._loop = asyncio.get_running_loop()
        self._sweep: asyncio.TimerHandle | None = None
        self._returned = asyncio.Event()

    @classmethod
    async def open(cls, connect: Callable[[], Awaitable[Any]], size: int) -> Self:
        """With a first connection, so that an address where nobody answers is known at once."""
        pool = cls(connect, size)
        pool.take_back_as_it_was(await pool.lend())
        return pool

    async def lend(self) -> Lent:
        """Raises TimeoutError after LEND_SECONDS, InterfaceError on a pool that closes, and what connecting raises."""
        if self.closing:
            raise asyncpg.InterfaceError("the pool is closing")
        while self._idle:
            connection, _ = self._idle.pop()
            if not connection.is_closed():
                return Lent(connection)
            self._forget(connection)
        async with asyncio.timeout(LEND_SECONDS):
            return Lent(await self._new_or_next())

    async def _new_or_next(self) -> Connection:
        if self._unopened:
            self._unopened -= 1
            return await self._opened()
        turn: asyncio.Future[Connection | None] = self._loop.create_future()
        self._waiting.append(turn)
        try:
            handed = await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # its turn came in the same moment: it is the next one's
                self._hand_on(turn.result())
            raise
        return await self._opened() if handed is None else handed

    async def _opened(self) -> Connection:
        """For whoever may open one."""
        try:
            connection: Connection = await self._connect()
        except BaseException:
            self._let_another_open()
            raise
        self._open.add(connection)
        return connection

    def take_back_as_it_was(self, lent: Lent) -> None:
        """From whoever left nothing behind in the session: a rule in tests/rules holds that ours do not."""
        self._pass_on(lent.end())

    async def take_back(self, lent: Lent) -> None:
        """From whoever failed or may have left something: rolls back and resets, even if the caller is cancelled."""
        cleaning = self._loop.create_task(self._clean(lent.end()))
        await asyncio.shield(cleaning)

    async def _clean(self, connection: Connection) -> None:
        clean = False
        try:
            async with asyncio.timeout(LEND_SECONDS):
                if not connection.is_closed() and connection.is_in_transaction():
                    await connection.execute("ROLLBACK")
                await connection.reset()
            clean = not connection.is_in_transaction()
        except Exception as error:  # noqa: BLE001 - whatever it was, nobody gets this connection again
            log.debug("a connection is thrown away: %r", error)
        finally:
            if not clean:
                connection.terminate()
            self._pass_on(connection)

    def _hand_on(self, handed: "Connection | None") -> None:
        self._let_another_open() if handed is None else self._pass_on(handed)

    def _pass_on(self, connection: Connection) -> None:
        if connection in self._outdated:
            connection.terminate()
        if connection.is_closed():
            self._forget(connection)
        elif turn := self._next():
            turn.set_result(connection)
        else:
            self._idle.append((connection, self._loop.time()))
            if self._sweep is None:
                self._sweep = self._loop.call_later(IDLE_SECONDS, self._close_idle)
        self._returned.set()

    def _forget(self, connection: Connection) -> None:
        self._open.discard(connection)
        self._outdated.discard(connection)
        self._let_another_open()

    def _let_another_open(self) -> None:
        if turn := self._next():
            turn.set_result(None)
        else:
            self._unopened += 1
        self._returned.set()

    def _next(self) -> asyncio.Future[Connection | None] | None:
        """Who has waited longest and has not given up."""
        while self._waiting:
            if not (turn := self._waiting.popleft()).done():
                return turn
        return None

    def renew(self) -> None:
        """What is open now is not lent again: the schema is another than its connections remember."""
        self._outdated |= self._open
        idle, self._idle = self._idle, []
        for connection, _ in idle:
            self._pass_on(connection)

    def _close_idle(self) -> None:
        self._sweep = None
        before = self._loop.time() - IDLE_SECONDS
        while len(self._idle) > 1 and self._idle[0][1] <= before:
            connection, _ = self._idle.pop(0)
            connection.terminate()
            self._forget(connection)
        if len(self._idle) > 1:
            self._sweep = self._loop.call_later(IDLE_SECONDS, self._close_idle)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """One to do with as one likes, outside of any transaction; it is reset afterwards."""
        lent = await self.lend()
        try:
            yield lent.connection
        finally:
            await self.take_back(lent)

    async def execute(self, sql: str, *args: Any) -> None:
        """Run one statement outside of any transaction; it must leave nothing behind in the session."""
        lent = await self.lend()
        try:
            await lent.connection.execute(sql, *args)
        except BaseException:
            await self.take_back(lent)
            raise
        self.take_back_as_it_was(lent)

    async def close(self) -> None:
        """Wait until all have come back, then close them."""
        self.closing = True
        while self._unopened + len(self._idle) < self.size:
            self._returned.clear()
            await self._returned.wait()
        if self._sweep is not None:
            self._sweep.cancel()
        await asyncio.gather(*(connection.close() for connection, _ in self._idle))
        self._idle.clear()
