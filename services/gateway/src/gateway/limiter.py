"""Counts requests in Redis, those of one loop turn together; while Redis is away each process counts for itself."""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import NamedTuple

from gateway.gcra import SECOND, Limit, LocalCounts, Standing
from gateway.metrics import LIMIT_CALLS, LIMIT_CHECKS, LIMITS_LOCAL
from gateway.redis_gateway import AWAY, SharedCounts

log = logging.getLogger(__name__)

_MOST_TOGETHER = 128
"""Requests in one call: Redis does nothing else meanwhile."""
_LOOK_AGAIN_SECONDS = 1.0


class Count(NamedTuple):
    """Where a request stands on each of its limits; `shared` says whether other processes counted along."""

    standings: Sequence[Standing]
    shared: bool

    @property
    def refused_by(self) -> Standing | None:
        """The limit that lets the next request through last, if this one was refused."""
        refusing = [standing for standing in self.standings if standing.wait > 0]
        return max(refusing, key=lambda standing: standing.wait) if refusing else None


class Limiter:
    """One a process. Requests that arrive while a call is under way are the next call."""

    def __init__(self, shared: SharedCounts) -> None:
        self._shared = shared
        self._local = LocalCounts()
        self._waiting: list[tuple[Sequence[Limit], asyncio.Future[Count]]] = []
        self._calling: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None

    @property
    def is_local(self) -> bool:
        """Whether Redis is away and this process counts alone."""
        return self._looking is not None

    async def take(self, limits: Sequence[Limit]) -> Count:
        """Count one request on all of its limits (at least one), or on none if one refuses it. Never raises."""
        if self.is_local:
            LIMIT_CHECKS.inc()
            return self._count_here(limits)
        answer: asyncio.Future[Count] = asyncio.get_running_loop().create_future()
        self._waiting.append((limits, answer))
        if self._calling is None:
            self._calling = asyncio.create_task(self._call())
        return await answer

    async def stop(self) -> None:
        """Ends what runs beside the requests."""
        for task in (self._calling, self._looking):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _call(self) -> None:
        """Until nobody waits."""
        try:
            while self._waiting:
                await self._until_all_have_come()
                batch, self._waiting = self._waiting[:_MOST_TOGETHER], self._waiting[_MOST_TOGETHER:]
                self._answer(batch, await self._ask([limits for limits, _ in batch]))
        finally:
            self._calling = None

    async def _until_all_have_come(self) -> None:
        """Turns of the loop go by as long as each brings more: a busy process asks seldom, an idle one at once."""
        seen = 0
        while seen < len(self._waiting) < _MOST_TOGETHER:
            seen = len(self._waiting)
            await asyncio.sleep(0)

    async def _ask(self, requests: Sequence[Sequence[Limit]]) -> list[Count]:
        if not self.is_local:
            LIMIT_CALLS.inc()
            try:
                return [Count(standings, True) for standings in await self._shared.take(requests)]
            except AWAY as error:
                self._go_local(error)
        return [self._count_here(limits) for limits in requests]

    def _answer(self, batch: Sequence[tuple[Sequence[Limit], asyncio.Future[Count]]], counts: Sequence[Count]) -> None:
        LIMIT_CHECKS.inc(len(batch))
        for (_, answer), count in zip(batch, counts, strict=True):
            if not answer.done():  # its client has left
                answer.set_result(count)

    def _count_here(self, limits: Sequence[Limit]) -> Count:
        return Count(self._local.take(limits, int(time.monotonic() * SECOND)), False)

    def _go_local(self, error: BaseException) -> None:
        LIMITS_LOCAL.set(1)
        log.warning("limits are counted in this process alone: Redis is away", extra={"error": type(error).__name__})
        self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
            try:
                await self._shared.ping()
            except AWAY:
                continue
            break
        self._looking = None
        LIMITS_LOCAL.set(0)
        log.info("limits are counted in Redis again")
