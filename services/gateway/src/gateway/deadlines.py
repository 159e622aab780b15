"""Many waits of one length, under one timer: a timer each costs more than all else of a wait."""

import asyncio
from typing import Protocol


class Late(Protocol):
    """Whoever can be told that its time is over."""

    def expire(self) -> None:
        """Called once, at the deadline."""
        ...


class Deadlines:
    """Who waits for at most `seconds`. All wait equally long, so whoever came first is the next to be late."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._due: dict[Late, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, wait: Late) -> None:
        """From now on its time runs."""
        loop = asyncio.get_running_loop()
        due = self._due[wait] = loop.time() + self._seconds
        if self._timer is None:
            self._timer = loop.call_at(due, self._look)

    def end(self, wait: Late) -> None:
        """It waits no longer; one that was late is forgotten already."""
        self._due.pop(wait, None)

    def close(self) -> None:
        """Nobody is told any more."""
        self._due.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        """Tell those whose time is over, and look again when the next one's is."""
        loop, self._timer = asyncio.get_running_loop(), None
        now = loop.time()
        while self._due:
            wait, due = next(iter(self._due.items()))
            if due > now:
                self._timer = loop.call_at(due, self._look)
                return
            del self._due[wait]
            wait.expire()
