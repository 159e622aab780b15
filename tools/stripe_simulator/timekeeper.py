"""What time does by itself: renewals, ends of trials, retries of payments."""

import asyncio
from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush
from math import inf

from stripe_simulator.store import Obj
from stripe_simulator.transaction import Tx
from stripe_simulator.world import World

Task = Callable[[Tx, str], None]

_TASKS: dict[str, Task] = {}
_LONGEST_WAIT = 3600.0


def task(name: str) -> Callable[[Task], Task]:
    """Register what is done under that name; it gets a transaction at the moment it was due, and the object's id."""

    def register(function: Task) -> Task:
        _TASKS[name] = function
        return function

    return register


class Timekeeper:
    """Does what is due, in the order in which it was due, each in its own transaction and at its own time."""

    def __init__(self, world: World, done: Callable[[], None]) -> None:
        self._world = world
        self._done = done
        self._changed = asyncio.Event()

    def catch_up(self) -> None:
        """Do all that is due by now."""
        self._do_until(self._world.clock.now())

    def advance(self, moment: float) -> None:
        """Move the clock there; all that happens on the way happens at its time. Raises StripeError for the past."""
        self.catch_up()
        self._world.clock.move_to(moment)
        self._do_until(moment)
        self._changed.set()

    async def run(self) -> None:
        """Keep up with the clock."""
        while True:
            self.catch_up()
            self._changed.clear()
            wait = min(self._next_due() - self._world.clock.now(), _LONGEST_WAIT)
            try:
                async with asyncio.timeout(max(wait, 0.0) if not self._world.clock.frozen else _LONGEST_WAIT):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def notice(self) -> None:
        """Something new may be due."""
        self._changed.set()

    def _next_due(self) -> float:
        return min((float(job["due"]) for job in self._jobs()), default=inf)

    def _jobs(self) -> Iterable[Obj]:
        return self._world.store.tables.get("_task", {}).values()

    def _do_until(self, moment: float) -> None:
        due = [(int(job["due"]), str(job["id"])) for job in self._jobs() if job["due"] <= moment]
        heapify(due)
        did = bool(due)
        while due:
            for new in self._do(*heappop(due)):
                if new[0] <= moment:
                    heappush(due, new)
        if did:
            self._done()

    def _do(self, due: int, id: str) -> list[tuple[int, str]]:
        """Do one task, unless it was dropped or moved meanwhile; the tasks that this scheduled."""
        job = self._world.store.tables["_task"].get(id)
        if job is None or job["due"] != due:
            return []
        tx = Tx(self._world, now=due)
        tx.remove("_task", id)
        _TASKS[job["task"]](tx, job["target"])
        tx.commit()
        return tx.scheduled
