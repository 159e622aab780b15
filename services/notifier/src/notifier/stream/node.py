"""The node's own work beside its sockets: listening, heartbeats, presence."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from uuid import UUID

from chassis.database import Context, Database
from chassis.failures import is_transient
from notifier.redis_gateway import RedisNode
from notifier.storage import notifications as storage
from notifier.stream.hub import Hub

log = logging.getLogger(__name__)


class Node:
    """Runs a hub: signals come in from Redis, each heartbeat compares with the database, presence is renewed."""

    def __init__(self, hub: Hub, redis: RedisNode, database: Database, *, heartbeat_s: float) -> None:
        self.hub = hub
        self._redis = redis
        self._database = database
        self.heartbeat_s = heartbeat_s
        self._newcomers: list[tuple[UUID, UUID]] = []
        self._announcing = asyncio.Lock()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._redis.listen(self.hub.deliver, self.announce))
            group.create_task(_every(self.heartbeat_s, self.beat))

    async def announce(self) -> None:
        """Say whom this node holds, then look for what they missed meanwhile."""
        await self._redis.say_present(self.hub.users, self.hub.organizations)
        await self.beat()

    async def greet(self, user_id: UUID, org_id: UUID) -> None:
        """Say that this person is here now; before their notifications are read, so that none falls between.

        Who comes while others are being announced is announced together with everybody else who did.
        """
        self._newcomers.append((user_id, org_id))
        async with self._announcing:
            if newcomers := self._newcomers:
                self._newcomers = []
                users, organizations = zip(*newcomers, strict=True)
                await self._redis.say_present(set(users), set(organizations))

    async def beat(self) -> None:
        """One heartbeat. While the database is away it fills no gaps, but sockets still hear from us."""
        await self._redis.say_present(self.hub.users, self.hub.organizations)
        try:
            tops = await self._tops()
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("no gaps filled at this heartbeat", extra={"reason": type(error).__name__})
            tops = {}
        self.hub.beat(tops, self._database.clock.now().timestamp())

    async def _tops(self) -> dict[UUID, int]:
        users = self.hub.users
        if not users:
            return {}
        async with self._database.transaction(Context(actor="system:notifier")) as tx:
            return await storage.get_tops(tx, users)


async def _every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except Exception:
            log.exception("a heartbeat failed")
