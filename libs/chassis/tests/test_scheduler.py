"""Due times are rows: what a restart, a standstill, a failure and a second process do to them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chassis.database import Context, Database, Tx
from chassis.delivery import upkeep
from chassis.scheduler import Schedule, Scheduler
from chassis.testing import FixedClock

SERVICE = "timed"
HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
async def database(service_database: Any, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Database]:
    (tmp_path / "0001_timed.sql").write_text("CREATE TABLE runs (name text, at timestamptz);")
    opened = await Database.connect(service_database(SERVICE, tmp_path).worker_url, service=SERVICE, clock=clock)
    yield opened
    await opened.close()


async def record(tx: Tx) -> None:
    await tx.execute("INSERT INTO runs VALUES ('hourly', $1)", tx.now)


async def runs(database: Database) -> int:
    async with database.transaction(Context(actor="system:test")) as tx:
        return int(await tx.fetchval("SELECT count(*) FROM runs"))


async def test_a_job_runs_when_it_is_due_and_not_before(database: Database, clock: FixedClock) -> None:
    scheduler = Scheduler(database, [Schedule("hourly", HOUR, record)])
    assert await scheduler.tick() == ["hourly"]
    assert await scheduler.tick() == []
    clock.move(minutes=59)
    assert await scheduler.tick() == []
    clock.move(minutes=1)
    assert await scheduler.tick() == ["hourly"]


async def test_a_restart_neither_skips_nor_doubles(database: Database, clock: FixedClock) -> None:
    await Scheduler(database, [Schedule("hourly", HOUR, record)]).tick()
    assert await Scheduler(database, [Schedule("hourly", HOUR, record)]).tick() == []
    clock.move(hours=1)
    assert await Scheduler(database, [Schedule("hourly", HOUR, record)]).tick() == ["hourly"]


async def test_after_a_standstill_it_runs_once_and_keeps_its_rhythm(database: Database, clock: FixedClock) -> None:
    scheduler = Scheduler(database, [Schedule("hourly", HOUR, record)])
    await scheduler.tick()
    clock.move(hours=5, minutes=30)
    assert await scheduler.tick() == ["hourly"]
    assert await scheduler.tick() == []
    clock.move(minutes=30)
    assert await scheduler.tick() == ["hourly"]


async def test_of_many_processes_one_runs_it(database: Database) -> None:
    schedulers = [Scheduler(database, [Schedule("hourly", HOUR, record)]) for _ in range(5)]
    await asyncio.gather(*(scheduler.tick() for scheduler in schedulers))
    assert await runs(database) == 1


async def test_a_run_that_fails_is_rolled_back_and_tried_again(database: Database, clock: FixedClock) -> None:
    broken = True

    async def fail(tx: Tx) -> None:
        await record(tx)
        if broken:
            raise RuntimeError("half done")

    scheduler = Scheduler(database, [Schedule("hourly", HOUR, fail)])
    assert await scheduler.tick() == []
    assert await runs(database) == 0
    async with database.transaction(Context(actor="system:test")) as tx:
        assert await tx.fetchval("SELECT last_error FROM schedules") == "RuntimeError: half done"
    broken = False
    clock.move(minutes=1)
    assert await scheduler.tick() == ["hourly"]
    assert await runs(database) == 1


async def test_a_job_outside_holds_its_turn_while_it_works(database: Database) -> None:
    inside, leave = asyncio.Event(), asyncio.Event()

    async def work(outer: Database) -> None:
        inside.set()
        await leave.wait()
        async with outer.transaction(Context(actor="system:test")) as tx:
            await record(tx)

    first = Scheduler(database, [Schedule.outside("hourly", HOUR, work)])
    second = Scheduler(database, [Schedule.outside("hourly", HOUR, work)])
    running = asyncio.create_task(first.tick())
    await inside.wait()
    try:
        async with asyncio.timeout(5):
            assert await second.tick() == []
    finally:
        leave.set()
    assert await running == ["hourly"]
    assert await runs(database) == 1


def test_two_schedules_of_one_name_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="two schedules"):
        Scheduler(None, [Schedule("x", HOUR, record), Schedule("x", HOUR, record)])  # type: ignore[arg-type]


async def test_the_upkeep_every_service_has_runs(database: Database) -> None:
    names = await Scheduler(database, upkeep()).tick()
    assert names == [schedule.name for schedule in upkeep()]
