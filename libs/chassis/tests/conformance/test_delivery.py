"""The promise: what committed is delivered at least once and takes effect exactly once; what did not, never."""

import asyncio
from contextlib import suppress

import asyncpg
import pytest

from chassis import outbox, telemetry
from chassis.database import CommitRefused, Context, Row, Tx
from chassis.inbox import Reactions, on
from contracts.envelope import Envelope
from contracts.ids import new_id

from . import ledger
from .conftest import Stage, running, until


async def test_a_committed_fact_takes_effect(stage: Stage) -> None:
    async with running(stage.relay(), stage.consumer()):
        await ledger.note(stage.api, "one", "two", "three")
        await stage.all_in_effect()
    assert await ledger.count(stage.worker, "effects") == 3
    assert await ledger.count(stage.worker, "outbox", "published_at IS NULL") == 0


async def test_a_rolled_back_fact_is_never_published(stage: Stage) -> None:
    async with running(stage.relay(), stage.consumer()):
        await ledger.note(stage.api, "never", roll_back=True)
        await ledger.note(stage.api, "after")
        await stage.all_in_effect()
    assert await ledger.count(stage.worker, "outbox") == 1
    assert await ledger.count(stage.worker, "effects") == 1


async def test_facts_committed_before_anything_ran_are_delivered(stage: Stage) -> None:
    await ledger.note(stage.api, *(["early"] * 50))
    async with running(stage.relay(), stage.consumer()):
        await stage.all_in_effect()
    assert await ledger.lost_and_doubled(stage.worker) == (0, 0)


async def test_a_message_delivered_twice_takes_effect_once(stage: Stage) -> None:
    async with running(stage.relay(), stage.consumer()):
        await ledger.note(stage.api, "one", "two")
        await stage.all_in_effect()
        async with stage.worker.transaction(Context(actor="system:test")) as tx:
            await tx.execute("UPDATE outbox SET published_at = NULL")
        await until(lambda: _all_published(stage))
        await ledger.note(stage.api, "marker")
        await stage.all_in_effect()
    assert await ledger.lost_and_doubled(stage.worker) == (0, 0)


async def _all_published(stage: Stage) -> bool:
    return await ledger.count(stage.worker, "outbox", "published_at IS NULL") == 0


async def test_copies_of_one_message_in_one_batch_take_effect_once(stage: Stage) -> None:
    await ledger.note(stage.api, "one")
    async with stage.worker.transaction(Context(actor="system:test")) as tx:
        await tx.execute(
            "INSERT INTO outbox (event_id, exchange, routing_key, type, content_type, org_id, headers, body, purge) "
            "SELECT event_id, exchange, routing_key, type, content_type, org_id, headers, body, purge FROM outbox, "
            "generate_series(1, 9)"
        )
    async with running(stage.relay()):
        await until(lambda: _all_published(stage))
    async with running(stage.consumer()):
        await stage.all_in_effect()
        await ledger.note(stage.api, "marker")
        async with running(stage.relay()):
            await stage.all_in_effect()
    assert await ledger.lost_and_doubled(stage.worker) == (0, 0)


async def test_two_consumers_of_one_queue_share_it(stage: Stage) -> None:
    for _ in range(20):
        await ledger.note(stage.api, *(["shared"] * 50))
    async with running(stage.relay(), stage.consumer(), stage.consumer()):
        await stage.all_in_effect()
    assert await ledger.lost_and_doubled(stage.worker) == (0, 0)


async def test_what_a_handler_states_is_delivered_with_its_cause(stage: Stage) -> None:
    async with running(stage.relay(), stage.consumer()):
        await ledger.note(stage.api, "echo")

        async def answered() -> bool:
            return await ledger.count(stage.worker, "effects", "text = 'answer'") == 1

        await until(answered)
    async with stage.worker.transaction(Context(actor="system:test")) as tx:
        first, second = (Envelope.model_validate_json(row["body"]) for row in await _outbox(tx))
    assert second.causationid == first.id
    assert second.correlationid == first.correlationid
    assert second.actor == first.actor == "user:tester"


async def _outbox(tx: Tx) -> list[Row]:
    return await tx.fetch("SELECT body FROM outbox ORDER BY position")


async def test_a_commit_in_another_process_wakes_the_relay(stage: Stage) -> None:
    """Here it is another pool without a relay beside it: the NOTIFY comes over the relay's own connection."""
    relay = stage.relay()
    async with running(relay, stage.consumer()):
        await relay.active.wait()
        outbox._relays.clear()
        relay.wake.clear()
        async with asyncio.timeout(0.9):
            await ledger.note(stage.api, "from elsewhere")
            await relay.wake.wait()
        await stage.all_in_effect()


async def test_a_consumer_that_stops_hands_back_what_it_did_not_handle(stage: Stage) -> None:
    await ledger.note(stage.api, *(["x"] * 30))
    async with running(stage.relay()):
        await until(lambda: _all_published(stage))
    gate = asyncio.Event()

    async def slowly(tx: Tx, event: ledger.NotedV1, header: Envelope) -> None:
        gate.set()
        await ledger.enter(tx, event, header)

    async with running(stage.consumer(reactions=Reactions(on(ledger.NotedV1, slowly)), prefetch=30, batch=1)):
        await gate.wait()
    handled = await ledger.count(stage.worker, "effects")
    assert handled >= 1
    assert await until(lambda: _ready(stage, 30 - handled))
    async with running(stage.consumer()):
        await stage.all_in_effect()
    assert await ledger.lost_and_doubled(stage.worker) == (0, 0)


async def _ready(stage: Stage, count: int) -> bool:
    return await stage.queued() == count


async def test_a_handler_knows_for_whom_and_why_it_acts_and_its_trace_goes_on(stage: Stage) -> None:
    seen: list[tuple[Context, str | None]] = []

    async def look(tx: Tx, event: ledger.NotedV1, header: Envelope) -> None:
        seen.append((tx.context, telemetry.current_trace_id()))
        await ledger.enter(tx, event, header)

    org_id = new_id()
    async with running(stage.relay(), stage.consumer(reactions=Reactions(on(ledger.NotedV1, look)))):
        with telemetry.span("request"):
            trace_id = telemetry.current_trace_id()
            async with stage.api.transaction(Context(actor="user:u", correlation_id="c", org_id=org_id)) as tx:
                event_id = outbox.add(tx, ledger.NotedV1(note_id=new_id(), text="x"), sequence=1)

        async def looked() -> bool:
            return bool(seen)

        await until(looked)
    assert trace_id is not None
    assert seen == [(Context("user:u", "c", causation_id=event_id, org_id=org_id), trace_id)]


async def test_a_transaction_that_swallowed_a_failure_says_that_it_did_not_commit(stage: Stage) -> None:
    async def swallow() -> None:
        async with stage.api.transaction(Context(actor="user:tester")) as tx:
            with suppress(asyncpg.DivisionByZeroError):
                await tx.execute("SELECT 1 / 0")

    with pytest.raises(CommitRefused):
        await swallow()
    async with stage.api.transaction(Context(actor="user:tester")) as tx:
        assert await tx.fetchval("SELECT 1") == 1
