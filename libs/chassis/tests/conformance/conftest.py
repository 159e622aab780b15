"""A running ledger service on real engines: its database, its vhost, and its delivery in this process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

import aio_pika
import pytest

from chassis.bus import Consumer
from chassis.database import Database
from chassis.failures import is_transient
from chassis.relay import Relay
from chassis.topology import Topology, apply

from . import ledger

T = TypeVar("T")


async def until(condition: Callable[[], Awaitable[Any]], *, seconds: float = 30) -> Any:
    """Ask again, each 10 ms, until the answer is true; the answer. Fails after `seconds`."""
    async with asyncio.timeout(seconds):
        while not (answer := await condition()):  # noqa: ASYNC110 - what is waited for lies in another process
            await asyncio.sleep(0.01)
        return answer


async def unless_away(asked: Awaitable[T], otherwise: T) -> T:
    """The answer; `otherwise` while the server is away."""
    try:
        return await asked
    except Exception as error:
        if is_transient(error):
            return otherwise
        raise


@asynccontextmanager
async def running(*runnables: Any) -> AsyncIterator[None]:
    """Run what a worker process would, and end it in order."""
    tasks = [asyncio.create_task(runnable.run()) for runnable in runnables]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


@dataclass
class Stage:
    """Everything a test of this suite plays on."""

    urls: Any
    bus_url: str
    management_url: str
    api: Database
    worker: Database
    opened: AsyncExitStack = field(default_factory=AsyncExitStack)

    def relay(self, **options: Any) -> Relay:
        return Relay(self.worker, self.bus_url, **options)

    def consumer(self, **options: Any) -> Consumer:
        reactions = options.pop("reactions", ledger.EVENTS)
        queue = options.pop("queue", ledger.SERVICE)
        return Consumer(ledger.SERVICE, queue, self.worker, reactions, self.bus_url, **options)

    async def all_in_effect(self, *, seconds: float = 30) -> None:
        """Wait until each committed note took effect."""

        async def none_lost() -> bool:
            return (await ledger.lost_and_doubled(self.worker))[0] == 0

        await until(none_lost, seconds=seconds)

    @asynccontextmanager
    async def channel(self) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
        connection = await aio_pika.connect(self.bus_url)
        async with connection, connection.channel() as channel:
            yield channel

    async def queued(self, queue: str = ledger.SERVICE) -> int:
        """How many messages lie ready in a queue."""
        async with self.channel() as channel:
            declared = await channel.declare_queue(queue, passive=True)
            return declared.declaration_result.message_count or 0

    async def publish(self, body: bytes, *, type: str = "ledger.noted", message_id: str | None = None) -> None:
        """Put a message on the bus past the outbox."""
        async with self.channel() as channel:
            exchange = await channel.get_exchange("events", ensure=False)
            await exchange.publish(aio_pika.Message(body, message_id=message_id, type=type), "ledger.noted")


@pytest.fixture
async def stage(service_database: Any, engines: Any) -> AsyncIterator[Stage]:
    """A fresh database and a fresh vhost for each test, with the topology applied."""
    urls = service_database(ledger.SERVICE, ledger.MIGRATIONS)
    vhost = f"test-{uuid4().hex[:12]}"
    bus_url = await asyncio.to_thread(engines.rabbitmq.create_vhost, vhost)
    await apply(
        Topology.of(ledger.SERVICE, ledger.EVERYTHING),
        bus_url=bus_url,
        management_url=engines.rabbitmq_management_url,
    )
    api = await Database.connect(urls.api_url, service=ledger.SERVICE, size=4)
    worker = await Database.connect(urls.worker_url, service=ledger.SERVICE, size=8)
    yield Stage(urls, bus_url, engines.rabbitmq_management_url, api, worker)
    await api.close()
    await worker.close()
    await asyncio.to_thread(engines.rabbitmq.delete_vhost, vhost)
