"""Redis, the only importer of its client: the counts that all gateway processes share."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any, Final

from redis.asyncio import Connection, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.connection import HiredisRespSerializer
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from gateway.gcra import Limit, Standing

ANSWER_SECONDS = 0.5
"""How long a request may wait for its count; then the process counts for itself."""
AWAY = (RedisError, OSError, TimeoutError)
_PREFIX = "gateway:limit:"
_PACKER = HiredisRespSerializer()

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


class PackedConnection(Connection):
    """Packs commands in C, as redis-py's own does where it is not asynchronous: ours have a thousand words."""

    def pack_command(self, *args: Any) -> list[bytes]:
        packed: list[bytes] = _PACKER.pack(*args)
        return packed


class SharedCounts:
    """Counts in Redis, for many requests in one round trip."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._take = redis.register_script(TAKE)

    async def take(self, requests: Sequence[Sequence[Limit]]) -> list[list[Standing]]:
        """The standings of each request, in order. Raises one of `AWAY`."""
        keys = [_PREFIX + limit.key for limits in requests for limit in limits]
        words: list[Any] = []
        for limits in requests:
            words.append(len(limits))
            for limit in limits:
                words += (limit.interval, limit.window)
        said = iter(await self._take(keys, words))
        return [[Standing(limit, next(said), next(said)) for limit in limits] for limits in requests]

    async def ping(self) -> None:
        """Raises one of `AWAY`."""
        await self._redis.ping()


def connect(url: str, stack: AsyncExitStack) -> SharedCounts:
    """Counts in the Redis of this URL, closed with the stack. Needs no Redis to start.

    One repeat on a fresh connection: after a restart of Redis each kept connection is found broken once.
    """
    again = Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,))
    redis = Redis.from_url(
        url,
        connection_class=PackedConnection,
        socket_timeout=ANSWER_SECONDS,
        socket_connect_timeout=ANSWER_SECONDS,
        retry=again,
    )
    stack.push_async_callback(redis.aclose)
    return SharedCounts(redis)
