"""Named points in the life of a message: tests await them, and fault tests kill the process at them.

A point costs one dictionary look-up when nobody listens. The names are listed in docs/failure-table.md.
"""

import asyncio
import os
import signal
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

KILL_AT_VARIABLE = "FAULT_KILL_AT"


class Signals:
    """Counts how often each point was reached and wakes whoever waits for it. One per process."""

    def __init__(self, kill_at: str | None = None) -> None:
        self._counts: Counter[str] = Counter()
        self._waiters: defaultdict[str, list[asyncio.Event]] = defaultdict(list)
        point, _, nth = (kill_at or "").partition(":")
        self._kill_point, self._kill_count = point, int(nth or 1)

    def reached(self, point: str) -> None:
        """Say that this point was passed; dies by SIGKILL here if the process was started to do so."""
        self._counts[point] += 1
        if point == self._kill_point and self._counts[point] == self._kill_count:
            os.kill(os.getpid(), signal.SIGKILL)
        for waiter in self._waiters.get(point, ()):
            waiter.set()

    def count(self, point: str) -> int:
        """How often the point was reached so far."""
        return self._counts[point]

    async def wait(self, point: str, count: int = 1) -> None:
        """Return once the point was reached `count` times since the process started."""
        with self._waiter(point) as waiter:
            while self._counts[point] < count:
                waiter.clear()
                await waiter.wait()

    @contextmanager
    def _waiter(self, point: str) -> Iterator[asyncio.Event]:
        waiter = asyncio.Event()
        self._waiters[point].append(waiter)
        try:
            yield waiter
        finally:
            self._waiters[point].remove(waiter)


def _from_environment() -> Signals:
    """A production process ignores the fault setting: it is for the project's own tests."""
    production = os.environ.get("ENVIRONMENT") == "production"
    return Signals(None if production else os.environ.get(KILL_AT_VARIABLE))


signals = _from_environment()
