"""What arrives from the bus: durable queues handled in batches, and broadcasts that every process hears."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import monotonic

import aiormq
from aiormq.abc import DeliveredMessage
from prometheus_client import Gauge

from chassis.amqp import Backoff, Session, Supervised, message_of, open_session
from chassis.database import Database
from chassis.failures import is_transient
from chassis.inbox import Invalid, Message, Reactions, Reader, event_in
from chassis.outbox import EVENTS_EXCHANGE
from chassis.processing import Processor
from chassis.signals import signals
from chassis.wire import Delivered
from contracts.event import EventData

PREFETCH = 400
BATCH = 200
SUSPICIOUS_DELIVERIES = 3

WAITING = Gauge("inbox_oldest_unhandled_seconds", "How long the oldest message in hand has been in hand.", ["consumer"])

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Delivery:
    tag: int
    message: Message
    arrived: float
    earlier: int
    """How often the broker delivered it before, without an answer."""


class Consumer(Supervised):
    """Handles one queue: takes what has arrived, commits it in one transaction, then acknowledges.

    Run as many as you like, in any number of processes. With `private_key` the queue holds sealed commands.
    """

    def __init__(
        self,
        service: str,
        queue: str,
        database: Database,
        reactions: Reactions,
        bus_url: str,
        *,
        prefetch: int = PREFETCH,
        batch: int = BATCH,
        private_key: str | None = None,
    ) -> None:
        super().__init__(f"{service} consumer of {queue}")
        self.processor = Processor(database, queue, Reader(reactions, private_key))
        self.consuming = asyncio.Event()
        self._queue = queue
        self._bus_url = bus_url
        self._prefetch = prefetch
        self._batch = batch
        self._arrived: deque[_Delivery] = deque()
        self._in_hand: Sequence[_Delivery] = ()
        self._acknowledged = 0
        WAITING.labels(queue).set_function(self._oldest_age)

    async def session(self) -> None:
        """One connection: carefully first, then at full speed; at the end what was not handled is handed back."""
        self._arrived.clear()
        self._acknowledged = 0
        async with open_session(self._bus_url, name=self.name, on_lost=self.wake.set) as session:
            try:
                await self._consume(session, prefetch=1, until=self._harmless)
                await self._consume(session, prefetch=self._prefetch, until=lambda _: False)
                if not session.lost:
                    await self._hand_back(session.channel)
            finally:
                self.consuming.clear()

    def _harmless(self, handled: _Delivery) -> bool:
        """A message that was delivered again and again may be what kills the process. While such ones come, one is
        taken at a time: the broker's delivery limit then hits the culprit, not neighbours prefetched with it.
        """
        return handled.earlier < SUSPICIOUS_DELIVERIES

    async def _consume(self, session: Session, *, prefetch: int, until: Callable[[_Delivery], bool]) -> None:
        channel = session.channel
        if self.stopping or session.lost:
            return
        await channel.basic_qos(prefetch_count=prefetch)
        consumer_tag = await session.consume(self._queue, self._receive)
        self.consuming.set()
        self.backoff.reset()
        while not self.stopping and not session.lost:
            self.wake.clear()
            batch = [self._arrived.popleft() for _ in range(min(self._batch, len(self._arrived)))]
            if not batch:
                await self.wake.wait()
            elif not await self._settle(session, batch) or until(batch[-1]):
                break
        if not session.lost:
            await channel.basic_cancel(consumer_tag)

    def _receive(self, delivered: Delivered) -> None:
        message = message_of(delivered)
        earlier = message.headers.get("x-delivery-count", 0)
        self._arrived.append(_Delivery(delivered.tag, message, monotonic(), earlier if isinstance(earlier, int) else 0))
        signals.reached("consumer.after_receive")
        self.wake.set()

    async def _settle(self, session: Session, batch: list[_Delivery]) -> bool:
        """Handle and acknowledge; False if the end came first. While a server is away it takes nothing more."""
        self._in_hand = batch
        backoff = Backoff()
        try:
            while not await self._handled(batch):
                await self._pause_unless_lost(session, backoff.next())
                if self.stopping or session.lost:
                    self._arrived.extendleft(reversed(batch))
                    return False
        finally:
            self._in_hand = ()
        if session.lost:
            return False
        signals.reached("consumer.before_ack")
        await self._acknowledge(session.channel, batch)
        signals.reached("consumer.after_ack")
        return True

    async def _handled(self, batch: list[_Delivery]) -> bool:
        try:
            await self.processor.settle([delivery.message for delivery in batch])
        except Exception as error:
            if is_transient(error):
                log.warning("%s: trying again: %r", self.name, error)
            else:
                log.exception("%s: trying again after an error of our own", self.name)
            return False
        return True

    async def _pause_unless_lost(self, session: Session, seconds: float) -> None:
        end = monotonic() + seconds
        while not self.stopping and not session.lost and (left := end - monotonic()) > 0:
            self.wake.clear()
            try:
                async with asyncio.timeout(left):
                    await self.wake.wait()
            except TimeoutError:
                return

    async def _acknowledge(self, channel: aiormq.Channel, batch: list[_Delivery]) -> None:
        """One frame for the batch where it follows without a gap on what was acknowledged before."""
        if batch[-1].tag == self._acknowledged + len(batch):
            await channel.basic_ack(batch[-1].tag, multiple=True, wait=False)
        else:
            for delivery in batch:
                await channel.basic_ack(delivery.tag, wait=False)
        self._acknowledged = batch[-1].tag

    async def _hand_back(self, channel: aiormq.Channel) -> None:
        """At shutdown with nack: a reject would say that the messages are bad."""
        for delivery in self._arrived:
            await channel.basic_nack(delivery.tag, requeue=True, wait=False)
        self._arrived.clear()

    def _oldest_age(self) -> float:
        oldest = next(iter(self._in_hand or self._arrived), None)
        return monotonic() - oldest.arrived if oldest else 0.0


class Broadcast(Supervised):
    """Every process hears every event of some types, from a queue of its own that vanishes with its connection.

    Nothing is kept while a process is away: `on_connected` is called once the queue is bound, and must fetch what was
    missed (if it raises, the connection is made anew); `on_lost` when the connection is gone.
    """

    def __init__(  # noqa: PLR0917 - three places, three callbacks: positional or by name
        self,
        bus_url: str,
        service: str,
        event_types: Sequence[type[EventData]],
        on_event: Callable[[EventData], Awaitable[None]],
        on_connected: Callable[[], Awaitable[None]],
        on_lost: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__(f"{service} broadcast")
        self._bus_url = bus_url
        self._models = {model.type: model for model in event_types}
        self._on_event = on_event
        self._on_connected = on_connected
        self._on_lost = on_lost

    async def session(self) -> None:
        """One connection: bind, tell, listen until it is lost."""
        async with open_session(self._bus_url, name=self.name, on_lost=self.wake.set) as session:
            channel = session.channel
            declared = await channel.queue_declare("", exclusive=True, auto_delete=True)
            for type_ in self._models:
                await channel.queue_bind(str(declared.queue), EVENTS_EXCHANGE, type_)
            try:
                await channel.basic_consume(str(declared.queue), self._receive, no_ack=True)
                await self._on_connected()
                self.backoff.reset()
                signals.reached("broadcast.connected")
                while not self.stopping and not session.lost:
                    self.wake.clear()
                    await self.wake.wait()
            finally:
                await self._on_lost()

    async def _receive(self, delivered: DeliveredMessage) -> None:
        try:
            event = event_in(delivered.body, self._models)
        except Invalid as error:
            log.error("%s: %s", self.name, error)
            return
        try:
            await self._on_event(event)
        except Exception:
            log.exception("%s: %s was not handled", self.name, event.type)
