"""A background loop that one process at a time runs: woken by NOTIFY, by its next due time, and by a poll as a net."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

from billing.storage import leases
from chassis.amqp import Supervised, wait_for_event
from chassis.database import Context, Database

STANDBY_SECONDS = 1.0
POLL_SECONDS = 10.0


class LeasedLoop(Supervised):
    """The lease is a session-level advisory lock: whoever dies loses it at once, and another goes on.

    A process cut off from Postgres may still be calling when another has taken over; idempotency keys and versions
    bear that.
    """

    def __init__(self, database: Database, channel: str) -> None:
        super().__init__(channel)
        self.database = database

    async def turn(self) -> float:
        """Do all that is due; returns the seconds until more is."""
        raise NotImplementedError

    async def session(self) -> None:
        """Stand by for the lease; with it, work until it is lost."""
        async with self.database.pool.connection() as connection:
            if not await leases.take_lease(connection, self.name):
                self.backoff.reset()
                await self.pause(STANDBY_SECONDS)
                return
            await self._hold(connection)

    async def _hold(self, connection: Any) -> None:
        def woken(*_: object) -> None:
            self.wake.set()

        connection.add_termination_listener(woken)
        await connection.add_listener(self.name, woken)
        try:
            while not self.stopping and not connection.is_closed():
                self.wake.clear()
                seconds = await self.turn()
                self.backoff.reset()
                if not self.stopping:
                    await wait_for_event(self.wake, min(max(seconds, 0.02), POLL_SECONDS))
        finally:
            if not connection.is_closed():
                connection.remove_termination_listener(woken)
                await connection.remove_listener(self.name, woken)

    def context(self) -> Context:
        """Who acts when nobody else does."""
        return Context(actor=f"system:{self.database.service}")


async def all_of(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Everything at once, each to its end; then the first failure is raised."""
    results = await asyncio.gather(*work, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
