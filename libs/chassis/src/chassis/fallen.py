"""Picks up what the broker itself dead-lettered, so that it waits where all dead messages wait.

A message comes here only if processes died on it again and again, without ever storing it as failed. It is not handled
again before somebody says so.
"""

import asyncio

from aiormq.abc import DeliveredMessage

from chassis.amqp import Supervised, message_in, open_session
from chassis.database import Database
from chassis.failures import Description
from chassis.retries import store_failure
from chassis.signals import signals
from chassis.topology import dead_queue

PREFETCH = 20
CRASHED = Description("delivered again and again, and never settled: processes died on it", "process died")


class Fallen(Supervised):
    """Moves messages from `<service>.dead` to `failed_messages`, as dead."""

    def __init__(self, database: Database, bus_url: str) -> None:
        super().__init__(f"{database.service} dead-letter intake")
        self._database = database
        self._bus_url = bus_url
        self._arrived: asyncio.Queue[DeliveredMessage] = asyncio.Queue()

    async def session(self) -> None:
        """Store, then acknowledge, one by one."""
        self._arrived = asyncio.Queue()
        async with open_session(self._bus_url, name=self.name, on_lost=self.wake.set) as session:
            await session.channel.basic_qos(prefetch_count=PREFETCH)
            await session.channel.basic_consume(dead_queue(self._database.service), self._receive)
            self.backoff.reset()
            while not self.stopping and not session.lost:
                self.wake.clear()
                while not self._arrived.empty():
                    delivered = self._arrived.get_nowait()
                    await self._store(delivered)
                    await session.channel.basic_ack(delivered.delivery_tag or 0, wait=False)
                await self.wake.wait()

    async def _receive(self, delivered: DeliveredMessage) -> None:
        self._arrived.put_nowait(delivered)
        self.wake.set()

    async def _store(self, delivered: DeliveredMessage) -> None:
        message = message_in(delivered)
        consumer = str(message.headers.get("x-first-death-queue") or self._database.service)
        await store_failure(self._database, consumer, message, None, CRASHED, dead=True)
        signals.reached("fallen.stored")
