"""kill -9 at each named point, then a process without the fault: the ledger must balance.

The points are those of docs/failure-table.md. The ones of its short list run always, the others with the long tests.
"""

import asyncio
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chassis.database import Context

from . import ledger
from .conftest import Stage, running, until

SCRIPT = Path(__file__).parent / "worker_process.py"
NOTES = 20

SHORT_LIST = [
    "relay.after_publish",
    "relay.after_confirm",
    "relay.before_mark",
    "consumer.after_inbox_insert",
    "consumer.before_ack",
]
OTHERS = [
    "relay.after_claim",
    "relay.after_mark",
    "consumer.after_receive",
    "consumer.after_receive:7",
    "consumer.before_commit",
    "consumer.after_commit",
    "consumer.after_ack",
    "relay.after_claim:2",
    "consumer.after_inbox_insert:2",
    "consumer.before_ack:2",
]


async def start(stage: Stage, what: str, *texts: str, kill_at: str = "", url: str = "") -> Process:
    command = (sys.executable, str(SCRIPT), what, url or stage.urls.worker_url, stage.bus_url, *texts)
    return await asyncio.create_subprocess_exec(*command, env={"FAULT_KILL_AT": kill_at})


@asynccontextmanager
async def process(stage: Stage, what: str) -> AsyncIterator[Process]:
    """One without a fault, ended as an operator would."""
    started = await start(stage, what)
    try:
        yield started
    finally:
        started.terminate()
        await started.wait()


async def killed(process: Process) -> None:
    assert await asyncio.wait_for(process.wait(), 30) == -signal.SIGKILL


@pytest.mark.parametrize("point", [*SHORT_LIST, *(pytest.param(point, marks=pytest.mark.long) for point in OTHERS)])
async def test_a_worker_killed_at_any_point_loses_and_doubles_nothing(stage: Stage, point: str) -> None:
    doomed = await start(stage, "work", kill_at=point)
    for _ in range(NOTES // 5):
        await ledger.note(stage.api, *(["x"] * 5))
    if ":" in point:
        await asyncio.wait({asyncio.create_task(_trickle(stage, doomed))})
    await killed(doomed)
    async with process(stage, "work"):
        await stage.all_in_effect()
        await until(lambda: _settled(stage))
    assert await ledger.lost_and_doubled(stage.worker) == (0, 0)


async def _trickle(stage: Stage, doomed: Process) -> None:
    """A point that must be passed several times needs several batches."""
    while doomed.returncode is None:
        await ledger.note(stage.api, "y")
        await asyncio.sleep(0.05)


async def _settled(stage: Stage) -> bool:
    """Nothing is left to publish and nothing lies in the queue: what could come twice has come."""
    return await ledger.count(stage.worker, "outbox", "published_at IS NULL") == 0 and await stage.queued() == 0


@pytest.mark.parametrize(("point", "committed"), [("outbox.before_commit", 0), ("outbox.after_commit", 3)])
async def test_a_writer_killed_around_its_commit_states_all_or_nothing(
    stage: Stage, point: str, committed: int
) -> None:
    await killed(await start(stage, "write", "a", "b", "c", kill_at=point, url=stage.urls.api_url))
    assert await ledger.count(stage.worker, "notes") == committed
    assert await ledger.count(stage.worker, "outbox") == committed
    async with running(stage.relay(), stage.consumer()):
        await stage.all_in_effect()
    assert await ledger.lost_and_doubled(stage.worker) == (0, 0)


async def test_a_worker_killed_after_storing_a_failure_keeps_it_once(stage: Stage) -> None:
    doomed = await start(stage, "work", kill_at="consumer.failed_stored")
    await ledger.note(stage.api, "a", "poison", "b")
    await killed(doomed)
    async with process(stage, "work"):
        await until(lambda: _effects(stage, 2))
        await until(lambda: _settled(stage))
    assert await ledger.count(stage.worker, "failed_messages") == 1
    assert await ledger.lost_and_doubled(stage.worker) == (1, 0)


async def _effects(stage: Stage, count: int) -> bool:
    return await ledger.count(stage.worker, "effects") == count


@pytest.mark.long
@pytest.mark.parametrize("point", ["retry.after_claim", "retry.before_commit", "retry.succeeded"])
async def test_a_retry_that_is_killed_happens_once(stage: Stage, point: str) -> None:
    await ledger.note(stage.api, "poison")
    async with running(stage.relay(), stage.consumer()):
        await until(lambda: _failures(stage, 1))
    await _repair_and_make_due(stage)
    await killed(await start(stage, "retry", kill_at=point))
    await _repair_and_make_due(stage)
    async with process(stage, "retry"):
        await until(lambda: _failures(stage, 0))
    assert await ledger.lost_and_doubled(stage.worker) == (0, 0)


async def _failures(stage: Stage, count: int) -> bool:
    return await ledger.count(stage.worker, "failed_messages") == count


async def _repair_and_make_due(stage: Stage) -> None:
    """The note that poisoned the handler is harmless now, and its next try has come."""
    async with stage.worker.transaction(Context(actor="system:test")) as tx:
        await tx.execute(
            "UPDATE failed_messages SET next_try_at = now(), "
            "body = convert_to(replace(convert_from(body, 'UTF8'), '\"poison\"', '\"mended\"'), 'UTF8')"
        )


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_a_message_that_kills_its_process_ends_among_the_dead_alone(stage: Stage) -> None:
    """Twenty processes die on it; its neighbours, prefetched with it, all take effect."""
    await ledger.note(stage.api, "a", "b", "kill", *(["c"] * 30))
    for _ in range(40):
        doomed = await start(stage, "work")
        ended = asyncio.create_task(doomed.wait())
        dead = asyncio.create_task(until(lambda: _failures(stage, 1), seconds=60))
        await asyncio.wait({ended, dead}, return_when=asyncio.FIRST_COMPLETED)
        if dead.done():
            break
        dead.cancel()
    async with running(stage.consumer()):
        await until(lambda: _effects(stage, 32))
    doomed.terminate()
    await ended
    assert await ledger.count(stage.worker, "failed_messages", "state = 'dead' AND consumer = 'ledger'") == 1
    assert await ledger.lost_and_doubled(stage.worker) == (1, 0)
