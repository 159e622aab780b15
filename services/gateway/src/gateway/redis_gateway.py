"""Redis, the only importer of its client: the counts that all gateway processes share."""

import asyncio
import math
from collections import deque
from collections.abc import Sequence
from contextlib import AsyncExitStack
from hashlib import sha1
from typing import Any, Final

from hiredis import pack_command
from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from gateway.gcra import Limit, Standing

ANSWER_SECONDS = 0.5
"""How long a request may wait for its count; then the process counts for itself."""
AWAY = (RedisError, OSError, TimeoutError)
_PREFIX = "gateway:limit:"

TAKE: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local arrivals, changed, answer = {}, {}, {}
for at, held in ipairs(redis.call('MGET', unpack(KEYS))) do
    arrivals[KEYS[at]] = math.max(tonumber(held) or now, now)
end
local key, word = 0, 1
while word <= #ARGV do
    local limits, first, refused = tonumber(ARGV[word]), #answer, false
    for at = 1, limits do
        local arrival = arrivals[KEYS[key + at]]
        local interval, window = tonumber(ARGV[word + 2 * at - 1]), tonumber(ARGV[word + 2 * at])
        local wait = math.max(0, arrival + interval - window - now)
        refused = refused or wait > 0
        answer[first + 2 * at - 1], answer[first + 2 * at] = arrival - now, wait
    end
    if not refused then
        for at = 1, limits do
            local name, interval = KEYS[key + at], tonumber(ARGV[word + 2 * at - 1])
            arrivals[name] = arrivals[name] + interval
            changed[name] = true
            answer[first + 2 * at - 1] = arrivals[name] - now
        end
    end
    key, word = key + limits, word + 1 + 2 * limits
end
for name in pairs(changed) do
    redis.call('SET', name, string.format('%.0f', arrivals[name]), 'PX', math.ceil((arrivals[name] - now) / 1000))
end
return answer
"""
"""KEYS: the keys of all requests in order. ARGV: for each request how many limits, then interval and window of each.

Answers `ahead` and `wait` of each key in the order of KEYS. A request counts on all its limits or on none. The clock
is Redis's own, so that processes on different machines agree.
"""


SCRIPT: Final = sha1(TAKE.encode(), usedforsecurity=False).hexdigest()
"""By which a Redis that was given the script knows it."""


class Line:
    """One open connection, on which calls follow each other without waiting for answers.

    Whatever goes wrong ends the line, and with it all that are under way: nobody gets another's answer.
    """

    def __init__(self, connection: AbstractConnection) -> None:
        self._connection = connection
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._failure: BaseException | None = None
        self._reading = asyncio.create_task(self._read())

    @property
    def is_open(self) -> bool:
        """Whether it is, as far as is known here."""
        return self._failure is None and self._connection.is_connected

    async def call(self, *words: str | int) -> Any:
        """The answer. Raises one of `AWAY`."""
        if not self.is_open:
            raise self._failure or ConnectionError("the line to Redis has ended")
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._connection.send_packed_command(_packed(words))
                return await answer
        except AWAY as error:
            self._end(error)
            raise

    async def close(self) -> None:
        """At once."""
        self._end(ConnectionError("the line to Redis was closed"))
        await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        try:
            while True:
                said = await self._connection.read_response(disable_decoding=True, timeout=math.inf)
                answer = self._waiting.popleft()
                if not answer.done():  # who asked has given up
                    answer.set_result(said)
        except AWAY as error:
            self._end(error)
        finally:
            await self._connection.disconnect(nowait=True)

    def _end(self, error: BaseException) -> None:
        if self._failure is None:
            self._failure = error
            self._reading.cancel()
        while self._waiting:
            answer = self._waiting.popleft()
            if not answer.done():
                answer.set_exception(error)


class SharedCounts:
    """Counts in Redis, for many requests in one round trip; a call need not wait for the one before."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._opening: asyncio.Task[Line] | None = None

    async def take(self, requests: Sequence[Sequence[Limit]]) -> list[list[Standing]]:
        """The standings of each request, in order. Raises one of `AWAY`."""
        keys = [_PREFIX + limit.key for limits in requests for limit in limits]
        words: list[int] = []
        for limits in requests:
            words.append(len(limits))
            for limit in limits:
                words += (limit.interval, limit.window)
        said = iter(await self._call("EVALSHA", SCRIPT, len(keys), *keys, *words))
        return [[Standing(limit, next(said), next(said)) for limit in limits] for limits in requests]

    async def ping(self) -> None:
        """Raises one of `AWAY`."""
        await self._call("PING")

    async def close(self) -> None:
        """Ends what is under way."""
        if self._opening is not None:
            self._opening.cancel()
            for line in await asyncio.gather(self._opening, return_exceptions=True):
                if isinstance(line, Line):
                    await line.close()

    async def _call(self, *words: str | int) -> Any:
        """Repeated once, on a new line: one may have died unseen, and a Redis that started anew knows no script."""
        line = await self._open()
        try:
            return await line.call(*words)
        except TimeoutError:
            raise
        except AWAY:
            line = await self._open()
        return await line.call(*words)

    async def _open(self) -> Line:
        """The line that is open, or a new one; all who want it meanwhile get the same."""
        opening = self._opening
        if opening is None or (opening.done() and not _is_open(opening)):
            opening = self._opening = asyncio.create_task(self._connect())
        return await asyncio.shield(opening)

    async def _connect(self) -> Line:
        connection = self._pool.make_connection()  # type: ignore[no-untyped-call]
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await connection.connect()
                await connection.send_command("SCRIPT LOAD", TAKE)
                await connection.read_response()
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        return Line(connection)


def _packed(words: tuple[str | int, ...]) -> bytes:
    """In C: the client's own way copies every word, and there may be a thousand."""
    packed: bytes = pack_command(words)  # type: ignore[arg-type] # its stub knows commands of one word
    return packed


def _is_open(opening: asyncio.Task[Line]) -> bool:
    return not opening.cancelled() and opening.exception() is None and opening.result().is_open


def connect(url: str, stack: AsyncExitStack) -> SharedCounts:
    """Counts in the Redis of this URL, closed with the stack. Needs no Redis to start."""
    shared = SharedCounts(ConnectionPool.from_url(url, protocol=2, socket_timeout=None, retry=Retry(NoBackoff(), 0)))
    stack.push_async_callback(shared.close)
    return shared
