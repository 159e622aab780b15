"""An erasure is acknowledged once, and nobody who is gone is brought back, whatever comes in which order."""

import asyncio

import asyncpg
import orjson
import pytest

from chassis import erasures
from chassis.database import Context, Database
from contracts.ids import new_id

SYSTEM = Context("system:things")


@pytest.fixture
async def worker(service_database, tmp_path):
    database = await Database.connect(service_database("things", tmp_path).worker_url, service="things")
    yield database
    await database.close()


async def test_it_is_acknowledged_once_with_what_stays(worker) -> None:
    gone, other = new_id(), new_id()
    for _ in range(2):
        async with worker.transaction(SYSTEM) as tx:
            await erasures.acknowledge(tx, "user", gone, kept=("amounts: the law",))
    async with worker.transaction(SYSTEM) as tx:
        assert await erasures.hold(tx, [other, gone, gone]) == {gone}
        bodies = [orjson.loads(row["body"]) for row in await tx.fetch("SELECT body FROM outbox")]
    assert [(one["type"], one["subject"], one["data"]["service"], one["data"]["kept"]) for one in bodies] == [
        ("data.erased", str(gone), "things", ["amounts: the law"])
    ]


async def test_an_erasure_that_is_rolled_back_is_none(worker) -> None:
    gone = new_id()

    async def fail() -> None:
        async with worker.transaction(SYSTEM) as tx:
            await erasures.acknowledge(tx, "organization", gone)
            raise RuntimeError("the erasure failed")

    with pytest.raises(RuntimeError):
        await fail()
    async with worker.transaction(SYSTEM) as tx:
        assert await erasures.hold(tx, [gone]) == set()


async def test_who_writes_and_who_erases_wait_for_each_other(worker) -> None:
    """Whoever saw the subject alive is erased with it; whoever comes later sees that it is gone."""
    gone = new_id()
    async with worker.transaction(SYSTEM) as writing:
        assert await erasures.hold(writing, [gone]) == set()
        async with worker.transaction(SYSTEM) as tx:
            await tx.execute("SET LOCAL lock_timeout = '100ms'")
            with pytest.raises(asyncpg.LockNotAvailableError):
                async with tx.savepoint():
                    await erasures.acknowledge(tx, "user", gone)
    async with worker.transaction(SYSTEM) as erasing:
        await erasures.acknowledge(erasing, "user", gone)
        late = asyncio.create_task(_late(worker, gone))
        await asyncio.wait([late], timeout=0.1)
        assert not late.done()
    assert await late == {gone}


async def _late(worker, gone):
    async with worker.transaction(SYSTEM) as tx:
        return await erasures.hold(tx, [gone])
