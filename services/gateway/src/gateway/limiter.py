"""Counts requests in Redis, many in one call; while Redis is away each process counts for itself."""

import asyncio
import logging
import time
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from gateway.gcra import SECOND, Limit, LocalCounts, Standing
from gateway.metrics import LIMIT_CALLS, LIMIT_CHECKS, LIMITS_LOCAL
from gateway.redis_gateway import AWAY, SharedCounts

log = logging.getLogger(__name__)

_MOST_TOGETHER = 128
"""Requests in one call: Redis does nothing else meanwhile."""
MOST_CALLS = 2
"""At a time: nobody waits for the one before, and a busy process still asks for many in one."""
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


_Batch = list[tuple[Sequence[Limit], asyncio.Future[Count]]]


class Limiter:
    """One a process. Who comes together is one call; who comes while all calls are under way is the next."""

    def __init__(self, shared: SharedCounts) -> None:
        self._shared = shared
        self._local = LocalCounts()
        self._waiting: _Batch = []
        self._under_way = 0
        self._anew: set[asyncio.Task[None]] = set()
        self._looking: asyncio.Task[None] | None = None
        self._stopped = False

    @property
    def is_local(self) -> bool:
        """Whether Redis is away and this process counts alone."""
        return self._looking is not None

    async def take(self, limits: Sequence[Limit]) -> Count:
        """Count one request on all of its limits (at least one), or on none if one refuses it. Never raises."""
        if self.is_local:
            LIMIT_CHECKS.inc()
            return self._count_here(limits)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Count] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._gather, 0)
        self._waiting.append((limits, answer))
        return await answer

    async def stop(self) -> None:
        """Ends what runs beside the requests. Nobody may wait for a count any more."""
        self._stopped = True
        tasks = [*self._anew, *([self._looking] if self._looking else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _gather(self, seen: int) -> None:
        """Turns of the loop go by as long as each brings more: a busy process asks seldom, an idle one at once."""
        come = len(self._waiting)
        if seen < come < _MOST_TOGETHER:
            asyncio.get_running_loop().call_soon(self._gather, come)
        else:
            self._call()

    def _call(self) -> None:
        while self._waiting and self._under_way < MOST_CALLS:
            batch, self._waiting = self._waiting[:_MOST_TOGETHER], self._waiting[_MOST_TOGETHER:]
            self._under_way += 1
            if self.is_local:
                self._answer_here(batch)
            else:
                LIMIT_CALLS.inc()
                self._shared.ask([limits for limits, _ in batch], partial(self._told, batch))

    def _told(self, batch: _Batch, said: list[list[Standing]] | BaseException) -> None:
        if self._stopped:
            return
        if isinstance(said, TimeoutError):
            self._go_local(said)
            self._answer_here(batch)
        elif isinstance(said, BaseException):
            call = asyncio.create_task(self._call_anew(batch))
            self._anew.add(call)
            call.add_done_callback(self._anew.discard)
        else:
            self._answer(batch, [Count(standings, True) for standings in said])

    async def _call_anew(self, batch: _Batch) -> None:
        """On a new line: the one before may have died unseen, and a Redis that started anew knows no script."""
        try:
            said = await self._shared.take([limits for limits, _ in batch])
        except AWAY as error:
            self._go_local(error)
            self._answer_here(batch)
        else:
            self._answer(batch, [Count(standings, True) for standings in said])

    def _answer_here(self, batch: _Batch) -> None:
        self._answer(batch, [self._count_here(limits) for limits, _ in batch])

    def _answer(self, batch: _Batch, counts: Sequence[Count]) -> None:
        LIMIT_CHECKS.inc(len(batch))
        for (_, answer), count in zip(batch, counts, strict=True):
            if not answer.done():  # its client has left
                answer.set_result(count)
        self._under_way -= 1
        self._call()

    def _count_here(self, limits: Sequence[Limit]) -> Count:
        return Count(self._local.take(limits, int(time.monotonic() * SECOND)), False)

    def _go_local(self, error: BaseException) -> None:
        if self.is_local:
            return
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
