"""Redis, the only importer of its client: stream tickets, who is connected to which node, one channel a node."""

import asyncio
import hashlib
import logging
import secrets
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

import orjson
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from chassis.problems import Unavailable
from notifier.live import Invalidation, Push, Signal

TICKET_SECONDS = 30
PRESENCE_SECONDS = 60
_PAUSE_SECONDS = 1.0
_LISTEN_SECONDS = 5.0
_PREFIX = "notifier"
_AWAY = (RedisError, OSError, TimeoutError)

log = logging.getLogger(__name__)


class Tickets:
    """One-time tickets for a socket. A ticket is the key to the access token it was bought with: Redis holds neither.

    The socket therefore passes every check a request with that token would pass at the moment it opens.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def issue(self, token: str) -> str:
        """A ticket good for 30 s and one use. Raises Unavailable while Redis is away."""
        ticket = secrets.token_urlsafe(32)
        name, box = _unfold(ticket)
        try:
            await self._redis.set(name, bytes(box.encrypt(token.encode())), ex=TICKET_SECONDS)
        except _AWAY as error:
            raise _unavailable() from error
        return ticket

    async def redeem(self, ticket: str) -> str | None:
        """The token, once; None for a ticket that is unknown, used or expired. Raises Unavailable."""
        name, box = _unfold(ticket)
        try:
            sealed = await self._redis.getdel(name)
        except _AWAY as error:
            raise _unavailable() from error
        try:
            return box.decrypt(sealed).decode() if isinstance(sealed, bytes) else None
        except (CryptoError, ValueError):
            return None


def _unfold(ticket: str) -> tuple[str, SecretBox]:
    """Where the ticket's token lies and what opens it; neither can be found from the other."""
    raw = ticket.encode("utf-8", "surrogateescape")
    name = hashlib.sha256(b"name:" + raw).hexdigest()
    return f"{_PREFIX}:ticket:{name}", SecretBox(hashlib.sha256(b"key:" + raw).digest())


def _unavailable() -> Unavailable:
    return Unavailable(
        "stream_unavailable", "Live updates are away for the moment; lists still work.", headers={"Retry-After": "2"}
    )


class RedisLive:
    """Publishes to the nodes that hold a socket of the person or the organization, in two round trips a batch."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._paused_until = 0.0

    async def publish(self, signals: Sequence[Signal]) -> None:
        """Send each signal to each node concerned. While Redis is away nothing is sent and nothing waits for it."""
        if not signals or time.monotonic() < self._paused_until:
            return
        try:
            await self._publish(signals)
        except _AWAY as error:
            _end_if_cancelled()
            self._paused_until = time.monotonic() + _PAUSE_SECONDS
            log.warning("no live push: Redis is away", extra={"reason": type(error).__name__, "lost": len(signals)})

    async def _publish(self, signals: Sequence[Signal]) -> None:
        keys = list(dict.fromkeys(_presence_of(signal) for signal in signals))
        async with self._redis.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.zrangebyscore(key, time.time(), "+inf")
            nodes = dict(zip(keys, await pipe.execute(), strict=True))
        parcels: defaultdict[bytes, list[dict[str, Any]]] = defaultdict(list)
        for signal in signals:
            for node in nodes[_presence_of(signal)]:
                parcels[node].append(_encode(signal))
        async with self._redis.pipeline(transaction=False) as pipe:
            for node, parcel in parcels.items():
                pipe.publish(_channel(node.decode()), orjson.dumps(parcel))
            await pipe.execute()


def _presence_of(signal: Signal) -> str:
    """Where it is written which nodes hold sockets for this signal."""
    if signal.user_id is not None:
        return f"{_PREFIX}:user:{signal.user_id}"
    return f"{_PREFIX}:organization:{signal.org_id}"


def _channel(node: str) -> str:
    return f"{_PREFIX}:node:{node}"


def _encode(signal: Signal) -> dict[str, Any]:
    user = str(signal.user_id) if signal.user_id else None  # asyncpg's UUID is a subclass, which orjson refuses
    target = {"user": user, "org": str(signal.org_id) if signal.org_id else None}
    if isinstance(signal, Push):
        frame = signal.frame.decode()
        return target | {"cursor": signal.cursor, "frame": frame, "traceparent": signal.traceparent}
    return target | {"topics": signal.topics}


def _decode(parcel: bytes) -> list[Signal]:
    return [_decode_one(item) for item in orjson.loads(parcel)]


def _decode_one(item: dict[str, Any]) -> Signal:
    user_id = UUID(item["user"]) if item["user"] else None
    org_id = UUID(item["org"]) if item["org"] else None
    if user_id is not None and "frame" in item:
        return Push(user_id, org_id, item["cursor"], item["frame"].encode(), item["traceparent"])
    return Invalidation(tuple(item["topics"]), user_id=user_id, org_id=org_id)


class RedisNode:
    """This process as a node: says whom it holds, and hears what is meant for them on its one channel."""

    def __init__(self, redis: Redis, name: str) -> None:
        self._redis = redis
        self.name = name

    async def say_present(self, users: Iterable[UUID], organizations: Iterable[UUID]) -> None:
        """For the next minute, signals for these people and organizations come here. Silent while Redis is away."""
        keys = [f"{_PREFIX}:user:{user}" for user in users]
        keys += [f"{_PREFIX}:organization:{organization}" for organization in organizations]
        now = time.time()
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for key in keys:
                    pipe.zadd(key, {self.name: now + PRESENCE_SECONDS})
                    pipe.zremrangebyscore(key, "-inf", now)
                    pipe.expire(key, PRESENCE_SECONDS)
                await pipe.execute()
        except _AWAY as error:
            _end_if_cancelled()
            log.warning("presence not renewed: Redis is away", extra={"reason": type(error).__name__})

    async def listen(self, on_signal: Callable[[Signal], None], on_connected: Callable[[], Awaitable[None]]) -> None:
        """Deliver signals until cancelled; reconnects by itself and calls back each time it is connected anew."""
        while True:
            try:
                await self._listen_once(on_signal, on_connected)
            except _AWAY as error:
                _end_if_cancelled()
                log.warning("live channel lost: Redis is away", extra={"reason": type(error).__name__})
            await asyncio.sleep(_PAUSE_SECONDS * (0.5 + secrets.randbelow(100) / 100))

    async def _listen_once(
        self, on_signal: Callable[[Signal], None], on_connected: Callable[[], Awaitable[None]]
    ) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=True) as pubsub:
            await pubsub.subscribe(_channel(self.name))
            _end_if_cancelled()
            await on_connected()
            while True:
                _end_if_cancelled()
                message = await pubsub.get_message(timeout=_LISTEN_SECONDS)
                if message is not None and message["type"] == "message":
                    self._hand_on(message["data"], on_signal)

    def _hand_on(self, parcel: bytes, on_signal: Callable[[Signal], None]) -> None:
        try:
            decoded = _decode(parcel)
        except (ValueError, KeyError, TypeError):
            log.exception("a live message of a shape we do not know")
            return
        for signal in decoded:
            on_signal(signal)


def _end_if_cancelled() -> None:
    """The client takes a cancellation that meets it while connecting for a lost connection, and tries again."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def connect(url: str) -> Redis:
    """A client that neither waits long nor holds back when Redis is away.

    One repeat on a fresh connection: after a restart of Redis each kept connection is found broken once.
    """
    again = Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,))
    return Redis.from_url(url, socket_timeout=3, socket_connect_timeout=2, health_check_interval=15, retry=again)
