"""A message that fails spoils nothing beside it, is kept with its reason, and is tried again."""

import asyncio
from typing import Any

import asyncpg
import orjson
import pytest

from chassis import deadletters
from chassis.database import Context, Database
from chassis.deadletters import Failed, Selection
from chassis.inbox import Reactions, Reader, on
from chassis.retries import DELAYS, Retries
from chassis.testing import FixedClock
from contracts.envelope import Envelope
from contracts.ids import new_id

from . import ledger
from .conftest import Stage, running, until


async def failed(stage: Stage) -> list[Failed]:
    async with stage.worker.transaction(Context(actor="system:test")) as tx:
        rows = await tx.fetch("SELECT * FROM failed_messages ORDER BY first_failed_at")
    return [deadletters.failed_from(row) for row in rows]


async def failed_count(stage: Stage, count: int) -> bool:
    return len(await failed(stage)) == count


@pytest.mark.parametrize(
    ("trouble", "group"),
    [
        ("poison", "Poisonous: note … is poisonous"),
        ("missing file", "FileNotFoundError: [Errno …] No such file or directory: …"),
        (
            "swallow",
            "CommitRefused: a statement of this transaction failed earlier, so nothing was committed",
        ),
    ],
)
async def test_neighbours_in_the_batch_commit(stage: Stage, trouble: str, group: str) -> None:
    await ledger.note(stage.api, "a", "b", trouble, "c", trouble, "d")
    async with running(stage.relay(), stage.consumer()):
        await until(lambda: failed_count(stage, 2))
        await until(lambda: _effects(stage, 4))
    first, second = await failed(stage)
    assert first.state == second.state == "waiting"
    assert first.attempts == 1
    assert first.error_group == second.error_group == group
    assert first.type == "ledger.noted"
    assert await stage.queued() == 0


async def _effects(stage: Stage, count: int) -> bool:
    return await ledger.count(stage.worker, "effects") == count


def envelope(**changes: Any) -> bytes:
    note_id = str(new_id())
    whole = {
        "specversion": "1.0",
        "id": str(new_id()),
        "source": "/services/ledger",
        "type": "ledger.noted",
        "dataschema": "https://objectalabs.dev/schemas/ledger.noted/v1",
        "datacontenttype": "application/json",
        "time": "2030-01-01T00:00:00Z",
        "subject": note_id,
        "sequence": 1,
        "actor": "user:tester",
        "correlationid": "c",
        "data": {"note_id": note_id, "text": "fine"},
    }
    return orjson.dumps(whole | changes)


SCHEMA = "https://objectalabs.dev/schemas/ledger.noted"
INVALID = {
    "not JSON": (b"\xff{", "Invalid: not a CloudEvents envelope"),
    "no envelope": (b"[]", "Invalid: not a CloudEvents envelope"),
    "no id": (envelope(id=None), "id: UUID input should be"),
    "unknown type": (envelope(type="ledger.erased"), "no reaction to"),
    "unknown version": (envelope(dataschema=f"{SCHEMA}/v7"), "is not ledger.noted"),
    "no version": (envelope(dataschema="nowhere"), "dataschema names no version"),
    "missing field": (envelope(data={"text": "fine"}), "note_id: Field required"),
}  # fmt: skip


@pytest.mark.parametrize("case", INVALID)
async def test_a_message_that_does_not_validate_is_dead_at_once(stage: Stage, case: str) -> None:
    body, reason = INVALID[case]
    async with running(stage.consumer()):
        await stage.publish(body, message_id="not a uuid")
        await stage.publish(body, message_id="not a uuid")
        await stage.publish(envelope())
        await until(lambda: _effects(stage, 1))
        await until(lambda: failed_count(stage, 1))
    [dead] = await failed(stage)
    assert (dead.state, dead.next_try_at, dead.body) == ("dead", None, body)
    assert reason in dead.error


async def test_no_text_keeps_a_message_from_being_stored(stage: Stage) -> None:
    """NUL is a character to JSON and AMQP, and none to Postgres."""

    async def quote(tx: Any, event: ledger.NotedV1, header: Envelope) -> None:
        raise ValueError(f"bad text {event.text!s}")

    async with running(stage.consumer(reactions=Reactions(on(ledger.NotedV1, quote)))):
        await stage.publish(b"{", message_id="\0", type="ledger.noted\0")
        await stage.publish(envelope(data={"note_id": str(new_id()), "text": "a\0b"}))
        await until(lambda: failed_count(stage, 2))
    assert await stage.queued() == 0


async def test_unknown_fields_are_read_over(stage: Stage) -> None:
    async with running(stage.consumer()):
        await stage.publish(envelope(data={"note_id": str(new_id()), "text": "fine", "newer": 1}, novelty=True))
        await until(lambda: _effects(stage, 1))


async def test_a_deadlock_or_a_lost_connection_in_a_handler_is_tried_again(stage: Stage) -> None:
    """The handler's own backend is terminated under it, twice: nothing is put down as failed."""
    terminated = 0

    async def unlucky(tx: Any, event: ledger.NotedV1, header: Envelope) -> None:
        nonlocal terminated
        if terminated < 2:
            terminated += 1
            await _terminate(stage, await tx.fetchval("SELECT pg_backend_pid()"))
        await ledger.enter(tx, event, header)

    await ledger.note(stage.api, "a", "b", "c")
    async with running(stage.relay(), stage.consumer(reactions=Reactions(on(ledger.NotedV1, unlucky)))):
        await stage.all_in_effect()
    assert terminated == 2
    assert await failed(stage) == []
    assert await ledger.lost_and_doubled(stage.worker) == (0, 0)


async def _terminate(stage: Stage, pid: int) -> None:
    connection = await asyncpg.connect(stage.urls.admin_url)
    try:
        await connection.execute("SELECT pg_terminate_backend($1)", pid)
    finally:
        await connection.close()


async def test_a_handler_that_stays_unlucky_does_not_block_the_queue(stage: Stage) -> None:
    async def locked_out(tx: Any, event: ledger.NotedV1, header: Envelope) -> None:
        if event.text == "locked":
            raise asyncpg.LockNotAvailableError("canceling statement due to lock timeout")
        await ledger.enter(tx, event, header)

    await ledger.note(stage.api, "locked", "b")
    async with running(stage.relay(), stage.consumer(reactions=Reactions(on(ledger.NotedV1, locked_out)))):
        await until(lambda: failed_count(stage, 1))
        await until(lambda: _effects(stage, 1))


@pytest.fixture
async def later(stage: Stage) -> Any:
    """The same database under a clock that the test moves."""
    clock = FixedClock(stage.worker.clock.now())
    database = await Database.connect(stage.urls.worker_url, service=ledger.SERVICE, clock=clock, size=2)
    yield database, clock
    await database.close()


async def test_it_is_tried_again_with_growing_waits_and_then_dead(stage: Stage, later: Any) -> None:
    database, clock = later
    await fail_one(stage)
    retries = Retries(database, {"ledger": Reader(ledger.EVENTS)})
    for attempts, delay in enumerate(DELAYS, start=1):
        clock.move(seconds=delay.total_seconds() - 1)
        assert await retries.tick() == 0
        clock.move(seconds=2)
        assert await retries.tick() == 1
        assert (await failed(stage))[0].attempts == attempts + 1
    [dead] = await failed(stage)
    assert dead.state == "dead"
    clock.move(days=30)
    assert await retries.tick() == 0


async def fail_one(stage: Stage, text: str = "poison") -> None:
    await ledger.note(stage.api, text)
    async with running(stage.relay(), stage.consumer()):
        await until(lambda: failed_count(stage, 1))


async def test_a_retry_that_succeeds_leaves_no_trace_but_its_effect(stage: Stage, later: Any) -> None:
    database, clock = later
    await fail_one(stage)
    clock.move(seconds=6)
    retries = [Retries(database, {"ledger": Reader(REPAIRED)}) for _ in range(3)]
    assert sum(await asyncio.gather(*(each.tick() for each in retries))) == 1
    assert await failed(stage) == []
    assert await ledger.lost_and_doubled(stage.worker) == (0, 0)


async def repaired(tx: Any, event: ledger.NotedV1, header: Envelope) -> None:
    await tx.execute("INSERT INTO effects (note_id, text) VALUES ($1, 'repaired')", event.note_id)


REPAIRED = Reactions(on(ledger.NotedV1, repaired))


async def test_a_failed_message_that_took_effect_elsewhere_is_not_done_twice(stage: Stage, later: Any) -> None:
    database, clock = later
    await fail_one(stage)
    [before] = await failed(stage)
    async with running(stage.consumer(reactions=REPAIRED)):
        await stage.publish(before.body, message_id=before.message_id)
        await stage.all_in_effect()
    clock.move(seconds=6)
    assert await Retries(database, {"ledger": Reader(REPAIRED)}).tick() == 1
    assert await failed(stage) == []
    assert await ledger.lost_and_doubled(stage.worker) == (0, 0)


async def test_a_dry_run_says_what_would_happen_and_changes_nothing(stage: Stage) -> None:
    await fail_one(stage)
    everything = Selection(state=None)
    [before] = await failed(stage)
    still = await deadletters.replay(stage.worker, {"ledger": Reader(ledger.EVENTS)}, everything, dry_run=True)
    would = await deadletters.replay(stage.worker, {"ledger": Reader(REPAIRED)}, everything, dry_run=True)
    assert (still[0].failed, list(still[0].errors)) == (1, ["Poisonous: note … is poisonous"])
    [told] = still[0].errors.values()
    assert (told == before.error, "…" in told) == (True, False), "what varies is what one looks for"
    assert (would[0].succeeded, would[0].failed) == (1, 0)
    assert await ledger.count(stage.worker, "effects") == 0
    assert len(await failed(stage)) == 1
    done = await deadletters.replay(stage.worker, {"ledger": Reader(REPAIRED)}, everything, dry_run=False)
    assert done[0].succeeded == 1
    assert await failed(stage) == []
    assert await ledger.lost_and_doubled(stage.worker) == (0, 0)


async def test_a_discarded_message_leaves_its_reason(stage: Stage) -> None:
    await fail_one(stage)
    selection = Selection(state=None)
    [group] = await deadletters.groups(stage.worker, selection)
    assert (group.count, group.consumer) == (1, "ledger")
    with pytest.raises(ValueError, match="reason"):
        await deadletters.discard(stage.worker, selection, reason=" ", by="tester")
    assert await deadletters.discard(stage.worker, selection, reason="a test", by="tester") == 1
    assert await failed(stage) == []
    assert await ledger.count(stage.worker, "discarded_messages", "reason = 'a test'") == 1
