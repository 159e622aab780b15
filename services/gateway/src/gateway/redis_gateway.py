"""Redis, the only importer of its client: the counts that all gateway processes share."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from hashlib import sha1
from typing import Any, Final, cast

from hiredis import Reader, pack_command
from redis.asyncio.connection import (
    AbstractConnection,
    Connection,
    ConnectionPool,
    SSLConnection,
    UnixDomainSocketConnection,
)
from redis.exceptions import InvalidResponse, RedisError, ResponseError

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


Requests = Sequence[Sequence[Limit]]
Told = Callable[[Any], None]
"""Is given what Redis said, or the one of `AWAY` that kept it from saying so."""


class Line(asyncio.Protocol):
    """One connection, on which calls follow each other without waiting for answers.

    The client's own way of a call costs three times the work of the call. Whatever goes wrong ends the line, and with
    it all that is under way: nobody gets another's answer.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._answers = Reader(protocolError=InvalidResponse, replyError=ResponseError)
        self._waiting: deque[Told] = deque()
        self._eldest: Told | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is, as far as is known here."""
        return self._transport is not None

    def ask(self, told: Told, *words: str | int) -> None:
        """`told` is called once: in the turn of the loop that reads the answer, or at once on a line that ended."""
        if self._transport is None:
            told(ConnectionError("the line to Redis has ended"))
            return
        self._waiting.append(told)
        self._transport.write(pack_command(words))  # type: ignore[arg-type] # its stub knows commands of one word

    def call(self, *words: str | int) -> asyncio.Future[Any]:
        """Its answer, or one of `AWAY`."""
        answer = self._loop.create_future()
        self.ask(partial(_tell, answer), *words)
        return answer

    def end(self, error: BaseException) -> None:
        """At once, whatever is under way; that fails by this error."""
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.abort()
            self._transport = None
        while self._waiting:
            self._waiting.popleft()(error)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._look()

    def data_received(self, data: bytes) -> None:
        self._answers.feed(data)
        try:
            while (said := self._answers.gets()) is not False:
                self._take(said)
        except RedisError as error:
            self.end(error)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self.end(exc or ConnectionError("Redis closed the line"))

    def _take(self, said: Any) -> None:
        if not self._waiting:
            raise InvalidResponse("an answer that nobody asked for")
        if isinstance(said, RedisError):
            raise said
        self._waiting.popleft()(said)

    def _look(self) -> None:
        """Who is first in line at two looks has waited too long."""
        eldest = self._waiting[0] if self._waiting else None
        if eldest is not None and eldest is self._eldest:
            self.end(TimeoutError("Redis does not answer"))
            return
        self._eldest = eldest
        self._timer = self._loop.call_later(ANSWER_SECONDS / 2, self._look)


def _tell(answer: asyncio.Future[Any], said: Any) -> None:
    if answer.done():  # who asked has given up
        return
    if isinstance(said, BaseException):
        answer.set_exception(said)
    else:
        answer.set_result(said)


class SharedCounts:
    """Counts in Redis, for many requests in one round trip; a call need not wait for the one before."""

    def __init__(self, url: str) -> None:
        self._target: AbstractConnection = ConnectionPool.from_url(url).make_connection()  # type: ignore[no-untyped-call]
        self._line: Line | None = None
        self._opening: asyncio.Task[Line] | None = None

    def ask(self, requests: Requests, told: Told) -> None:
        """As `take`, but on the line that is open or not at all: without a task, and not repeated."""

        def tell(said: Any) -> None:
            told(said if isinstance(said, AWAY) else _standings(requests, said))

        if self._line is None:
            told(ConnectionError("there is no line to Redis yet"))
        else:
            self._line.ask(tell, *_command(requests))

    async def take(self, requests: Requests) -> list[list[Standing]]:
        """The standings of each request, in order. Raises one of `AWAY`."""
        standings = _standings(requests, await self._call(*_command(requests)))
        if isinstance(standings, InvalidResponse):
            raise standings
        return standings

    async def ping(self) -> None:
        """Raises one of `AWAY`."""
        await self._call("PING")

    def close(self) -> None:
        """Ends what is under way."""
        if self._opening is not None:
            self._opening.cancel()
        if self._line is not None:
            self._line.end(ConnectionError("the gateway stops"))

    async def _call(self, *words: str | int) -> Any:
        """Repeated once, on a new line: one may have died unseen, and a Redis that started anew knows no script."""
        if self._line is not None and self._line.is_open:
            try:
                return await self._line.call(*words)
            except TimeoutError:
                raise
            except AWAY:
                pass
        return await (await self._open()).call(*words)

    async def _open(self) -> Line:
        """The line that is open, or a new one; all who want one meanwhile get the same."""
        if self._line is not None and self._line.is_open:
            return self._line
        if self._opening is None or self._opening.done():
            self._opening = asyncio.create_task(self._connect())
        return await asyncio.shield(self._opening)

    async def _connect(self) -> Line:
        async with asyncio.timeout(ANSWER_SECONDS):
            line = await _dial(self._target)
            try:
                await asyncio.gather(*(line.call(*words) for words in _greeting(self._target)))
            except BaseException as error:
                line.end(error)
                raise
        self._line = line
        return line


def _command(requests: Requests) -> list[str | int]:
    keys = [_PREFIX + limit.key for limits in requests for limit in limits]
    words: list[str | int] = ["EVALSHA", SCRIPT, len(keys), *keys]
    for limits in requests:
        words.append(len(limits))
        for limit in limits:
            words += (limit.interval, limit.window)
    return words


def _standings(requests: Requests, said: Any) -> list[list[Standing]] | InvalidResponse:
    if not isinstance(said, list) or len(said) != 2 * sum(map(len, requests)):
        return InvalidResponse("not two numbers for each key")
    numbers = iter(said)
    return [[Standing(limit, next(numbers), next(numbers)) for limit in limits] for limits in requests]


async def _dial(target: AbstractConnection) -> Line:
    loop = asyncio.get_running_loop()
    if isinstance(target, Connection):
        tls = target.ssl_context.get() if isinstance(target, SSLConnection) else None
        return (await loop.create_connection(Line, target.host, target.port, ssl=tls))[1]
    path = cast("UnixDomainSocketConnection", target).path
    return (await loop.create_unix_connection(Line, path))[1]


def _greeting(target: AbstractConnection) -> list[tuple[str | int, ...]]:
    """What a new line begins with."""
    words: list[tuple[str | int, ...]] = []
    if target.password is not None:
        words.append(("AUTH", *([target.username] if target.username else []), target.password))
    if target.db:
        words.append(("SELECT", target.db))
    return [*words, ("SCRIPT", "LOAD", TAKE)]


def connect(url: str, stack: AsyncExitStack) -> SharedCounts:
    """Counts in the Redis of this URL, closed with the stack. Needs no Redis to start."""
    shared = SharedCounts(url)
    stack.callback(shared.close)
    return shared
