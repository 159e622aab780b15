"""Work that time starts. Due times are rows: a restart neither skips a run nor doubles it; one process runs each."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis import telemetry
from chassis.database import Context, Database, Tx
from chassis.failures import describe, is_transient
from chassis.signals import signals

POLL_SECONDS = 1.0
RETRY_AFTER = timedelta(minutes=1)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Schedule:
    """A job and its rhythm. `run` works in the transaction that also stores the next due time: both or neither.

    After a standstill a job runs once, not once for each time it missed. A run that raises is rolled back and tried
    again after `every`, at most a minute later.
    """

    name: str
    every: timedelta
    run: Callable[[Tx], Awaitable[None]] | None = None
    run_outside: Callable[[Database], Awaitable[None]] | None = None

    @classmethod
    def outside(cls, name: str, every: timedelta, run: Callable[[Database], Awaitable[None]]) -> "Schedule":
        """A job that opens transactions of its own, e.g. one an item: it must bear being run again after a crash.

        Meanwhile another process finds the row locked and leaves the job alone.
        """
        return cls(name, every, run_outside=run)


class Scheduler:
    """Runs a service's schedules. Any number of processes may: each due run is taken by one of them."""

    def __init__(self, database: Database, schedules: Sequence[Schedule]) -> None:
        names = [schedule.name for schedule in schedules]
        if len(set(names)) != len(names):
            raise ValueError(f"two schedules of one name in {sorted(names)}")
        self._database = database
        self._schedules = tuple(schedules)
        self._registered = False

    async def run(self) -> None:
        """Run what is due until cancelled; a run in progress at that moment is rolled back and due again."""
        while True:
            try:
                await self.tick()
            except Exception as error:
                if not is_transient(error):
                    log.exception("the scheduler's turn failed")
            await asyncio.sleep(POLL_SECONDS)

    async def tick(self) -> list[str]:
        """Run everything that is due now, once; returns the names of the jobs that ran without error."""
        if not self._registered:
            await self._register()
        due = await self._due()
        results = [await self._run(schedule) for schedule in self._schedules if schedule.name in due]
        return [name for name in results if name is not None]

    def _context(self) -> Context:
        return Context(actor=f"system:{self._database.service}")

    async def _register(self) -> None:
        """Neither statement waits for a row that a running job holds, unless its rhythm was changed."""
        async with self._database.transaction(self._context()) as tx:
            await tx.executemany(
                "INSERT INTO schedules (name, every, due_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING",
                [(schedule.name, schedule.every, tx.now) for schedule in self._schedules],
            )
            await tx.executemany(
                "UPDATE schedules SET every = $2 WHERE name = $1 AND every <> $2",
                [(schedule.name, schedule.every) for schedule in self._schedules],
            )
        self._registered = True

    async def _due(self) -> set[str]:
        async with self._database.transaction(self._context()) as tx:
            rows = await tx.fetch("SELECT name FROM schedules WHERE due_at <= $1", tx.now)
        return {row["name"] for row in rows}

    async def _run(self, schedule: Schedule) -> str | None:
        """The job's name if it ran; None if another process has it, or it failed (which is stored and logged)."""
        try:
            with telemetry.span(f"schedule {schedule.name}"):
                return await self._run_locked(schedule)
        except Exception as error:
            log.exception("schedule %s failed", schedule.name)
            with suppress(Exception):
                await self._postpone(schedule, error)
            return None

    async def _run_locked(self, schedule: Schedule) -> str | None:
        async with self._database.transaction(self._context()) as tx:
            due_at = await tx.fetchval(
                "SELECT due_at FROM schedules WHERE name = $1 AND due_at <= $2 FOR UPDATE SKIP LOCKED",
                schedule.name,
                tx.now,
            )
            if due_at is None:
                return None
            if schedule.run is not None:
                await schedule.run(tx)
            if schedule.run_outside is not None:
                await schedule.run_outside(self._database)
            await tx.execute(
                "UPDATE schedules SET due_at = $2, last_run_at = $3, last_error = NULL WHERE name = $1",
                schedule.name,
                next_due(due_at, schedule.every, tx.now),
                tx.now,
            )
        signals.reached(f"schedule.{schedule.name}")
        return schedule.name

    async def _postpone(self, schedule: Schedule, error: Exception) -> None:
        async with self._database.transaction(self._context()) as tx:
            await tx.execute(
                "UPDATE schedules SET due_at = $2, last_error = $3 WHERE name = $1",
                schedule.name,
                tx.now + min(schedule.every, RETRY_AFTER),
                describe(error).text,
            )


def next_due(due_at: datetime, every: timedelta, now: datetime) -> datetime:
    """The next beat after `now`, keeping the rhythm that `due_at` set."""
    missed = (now - due_at) // every
    return due_at + (missed + 1) * every
