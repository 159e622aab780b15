"""One connection to the broker for one purpose. Lost, it ends its session, and a supervisor opens the next.

We do not use aio-pika's self-repairing connections: they restore channels and consumers behind the back of code that
must know which deliveries and confirms belong to which connection. A session that ends as a whole leaves no guesses.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import cast

import aiormq
from aiormq.abc import DeliveredMessage
from yarl import URL

from chassis.failures import is_transient, storable
from chassis.inbox import Message
from chassis.publisher import Publisher
from chassis.wire import Delivered, Wire, WireTransport

CONNECT_SECONDS = 10
CLOSE_SECONDS = 3
HEARTBEAT_SECONDS = 15
FIRST_WAIT_SECONDS = 0.05
LONGEST_WAIT_SECONDS = 5.0

log = logging.getLogger(__name__)


@dataclass
class Session:
    """An open channel. Once `lost` is true nothing more comes of it."""

    channel: aiormq.Channel
    wire: Wire
    lost: bool = False
    _publisher: Publisher | None = None

    def publisher(self) -> Publisher:
        """For batches. From now on this session's confirms are counted there: nothing else may publish on it."""
        if self._publisher is None:
            tune = self.channel.connection.connection_tune
            self._publisher = Publisher(self.wire, self.channel.number, tune.frame_max, self.channel.write_queue)
            if self.lost:
                self._publisher.lose()
        return self._publisher

    async def consume(self, queue: str, on_delivery: Callable[[Delivered], None]) -> str:
        """Have each message of a queue given to `on_delivery`; returns the consumer's tag."""
        self.wire.on_delivery = on_delivery
        started = await self.channel.basic_consume(queue, _taken_from_the_wire)
        return str(started.consumer_tag)

    def lose(self) -> None:
        """Whoever waits for an answer waits no longer."""
        self.lost = True
        if self._publisher is not None:
            self._publisher.lose()


async def _taken_from_the_wire(delivered: DeliveredMessage) -> None:
    raise AssertionError(f"{delivered.delivery_tag} went past the wire")


@asynccontextmanager
async def open_session(url: str, *, name: str, on_lost: Callable[[], None]) -> AsyncIterator[Session]:
    """Connect and open a channel with publisher confirms.

    `on_lost` is called once the connection, the channel or a consumer on it is gone. Raises AMQPError or OSError.
    """
    transport = WireTransport()
    address = URL(url).update_query(heartbeat=str(HEARTBEAT_SECONDS), name=name)
    async with asyncio.timeout(CONNECT_SECONDS):
        connection = await aiormq.connect(address, transport_factory=transport)
    try:
        channel = await connection.channel(publisher_confirms=True, timeout=CONNECT_SECONDS)
        session = Session(cast(aiormq.Channel, channel), transport.wire)

        def lose(*_: object) -> None:
            session.lose()
            on_lost()

        channel.closing.add_done_callback(lose)
        connection.closing.add_done_callback(lose)
        session.channel.on_consumer_cancel_callbacks.add(lose)
        yield session
    finally:
        with suppress(aiormq.exceptions.AMQPError, OSError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await connection.close()


def message_in(delivered: DeliveredMessage) -> Message:
    """What aiormq delivered, as `message_of` gives it."""
    properties = delivered.header.properties
    return message_of(
        Delivered(
            delivered.delivery_tag or 0,
            _text(properties.message_id),
            _text(properties.message_type),
            properties.headers or {},
            delivered.body,
        )
    )


def message_of(delivered: Delivered) -> Message:
    """What was delivered, with texts that are texts, whatever a stranger put into the properties."""
    return Message(
        delivered.body,
        _text(delivered.message_id),
        _text(delivered.type),
        {
            str(name): _text(value) if isinstance(value, bytes | str) else value
            for name, value in delivered.headers.items()
        },
    )


def _text(value: bytes | str | None) -> str | None:
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    return None if value is None else storable(value)


class Backoff:
    """Growing waits with jitter, so that a crowd of processes does not come back in step. In seconds."""

    def __init__(self) -> None:
        self._next = FIRST_WAIT_SECONDS

    def reset(self) -> None:
        """What was tried worked: the next wait is short again."""
        self._next = FIRST_WAIT_SECONDS

    def next(self) -> float:
        """How long to wait now; the following wait is twice as long, up to five seconds."""
        wait = self._next
        self._next = min(2 * wait, LONGEST_WAIT_SECONDS)
        return wait * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret


class Supervised:
    """Runs sessions one after the other until stopped; a session that fails is followed by another after a wait.

    Cancelling `run` asks the session to end in order and waits for it; cancelling it again ends it at once.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.wake = asyncio.Event()
        self.stopping = False
        self.backoff = Backoff()

    async def session(self) -> None:
        """One session: connect, work until `stopping` or the connection is lost, close."""
        raise NotImplementedError

    async def run(self) -> None:
        """Work until cancelled. No failure of the broker or the database ends it."""
        sessions = asyncio.create_task(self._sessions())
        try:
            await asyncio.shield(sessions)
        except asyncio.CancelledError:
            self.stopping = True
            self.wake.set()
            await sessions
            raise

    async def _sessions(self) -> None:
        while not self.stopping:
            try:
                await self.session()
            except Exception as error:  # noqa: BLE001 - reported, and the next session follows
                self._report(error)
            if not self.stopping:
                await self.pause(self.backoff.next())

    def _report(self, error: Exception) -> None:
        if is_transient(error):
            log.warning("%s: the session ended, another follows: %r", self.name, error)
        else:
            log.error("%s: the session failed, another follows", self.name, exc_info=error)

    async def pause(self, seconds: float) -> None:
        """Wait, but not past a call to stop. A wake-up for other reasons does not shorten it."""
        end = asyncio.get_running_loop().time() + seconds
        while not self.stopping and (left := end - asyncio.get_running_loop().time()) > 0:
            self.wake.clear()
            await wait_for_event(self.wake, left)


async def wait_for_event(event: asyncio.Event, seconds: float) -> bool:
    """Whether the event was set within the time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
