"""A projection filled by snapshot and replay while events flow is the one that was there all along."""

import asyncio
import random
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aio_pika
import pytest

from chassis import backfill
from chassis.backfill import BackfillFailed, Parcel, Window
from chassis.bus import Consumer
from chassis.database import Context
from chassis.topology import Topology, apply
from contracts.envelope import Envelope

from . import ledger, things
from .conftest import Stage, running, until
from .things import LATE, SERVICE, THINGS, WITNESS

SCRIPT = Path(__file__).parent / "backfill_process.py"
LONG = pytest.mark.long
BEFORE = 40
TYPES = {"thing.changed"}


def consumer(stage: Stage, name: str) -> Consumer:
    return Consumer(SERVICE, name, stage.worker, things.reactions(name), stage.bus_url, batch=7)


async def declare(stage: Stage, name: str) -> None:
    topology = Topology.of(name, things.reactions(name))
    await apply(topology, bus_url=stage.bus_url, management_url=stage.management_url)


@pytest.fixture
async def known(stage: Stage) -> list[UUID]:
    """Much has happened, and the witness saw it."""
    await declare(stage, WITNESS)
    made = [await things.change(stage.api) for _ in range(BEFORE)]
    for _ in range(BEFORE):
        await things.change(stage.api, random.choice(made))
    async with running(stage.relay(), consumer(stage, WITNESS)):
        await all_handled(stage, WITNESS)
    return made


@asynccontextmanager
async def life(stage: Stage, made: list[UUID]) -> AsyncIterator[None]:
    """Meanwhile things are made, changed and ended, by several at once."""
    done = asyncio.Event()

    async def live() -> None:
        while not done.is_set():
            if random.random() < 0.3:
                made.append(await things.change(stage.api))
            else:
                await things.change(stage.api, random.choice(made))

    living = [asyncio.create_task(live()) for _ in range(3)]
    try:
        yield
    finally:
        done.set()
        await asyncio.gather(*living)


@asynccontextmanager
async def late(stage: Stage, made: list[UUID]) -> AsyncIterator[None]:
    """The late one's queue is declared while things change and are told of; its consumer is at work."""
    async with life(stage, made), running(stage.relay()):
        await declare(stage, LATE)
        async with running(consumer(stage, LATE)):
            yield


async def all_handled(stage: Stage, *queues: str) -> None:
    """Queues are lines: once an event of now has taken effect in each, so has everything that was sent before it.

    Needs a relay and the consumers.
    """
    last = await things.admire(stage.api)

    async def there() -> bool:
        condition = "event_id = '{}' AND consumer = ANY ('{{{}}}')".format(last, ",".join(queues))
        return await ledger.count(stage.worker, "inbox", condition) == len(queues)

    await until(there, seconds=60)


async def snapshot(stage: Stage, *, label: str = "", batch: int = 5, after: Any = None) -> int:
    batches = backfill.states(stage.worker, (THINGS,), TYPES, label=label, batch=batch)
    sent = 0
    async for one in backfill.send(batches, queue=LATE, service=SERVICE, bus_url=stage.bus_url):
        sent += len(one)
        if after is not None:
            await after()
    return sent


async def replay(stage: Stage, *, batch: int = 7) -> int:
    now = datetime.now(UTC)
    batches = backfill.archived(stage.worker, Window(now - timedelta(hours=1), now, None), batch=batch)
    return sum([len(one) async for one in backfill.send(batches, queue=LATE, service=SERVICE, bus_url=stage.bus_url)])


async def equal_in_the_end(stage: Stage) -> None:
    async with running(stage.relay(), consumer(stage, WITNESS), consumer(stage, LATE)):
        await all_handled(stage, WITNESS, LATE)
    expected = await things.projection(stage.worker, WITNESS)
    assert await things.projection(stage.worker, LATE) == expected
    assert expected == await things.rows(stage.worker, "SELECT * FROM things ORDER BY thing_id")
    assert await things.told_twice(stage.worker) == 0


async def changed_more(stage: Stage, made: list[UUID]) -> None:
    for _ in range(5):
        await things.change(stage.api, random.choice(made))


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=LONG) for seed in range(1, 8))])
async def test_a_snapshot_while_events_flow_and_the_consumer_works(stage: Stage, known: list[UUID], seed: int) -> None:
    random.seed(seed)
    async with late(stage, known):
        assert await snapshot(stage) >= BEFORE
    await equal_in_the_end(stage)


async def test_the_consumer_comes_when_the_snapshot_and_newer_events_lie_there(stage: Stage, known: list[UUID]) -> None:
    await declare(stage, LATE)
    async with running(stage.relay()):
        await snapshot(stage, after=lambda: changed_more(stage, known))
        await changed_more(stage, known)
    await equal_in_the_end(stage)


async def test_newer_events_are_handled_before_the_snapshot_is_read(stage: Stage, known: list[UUID]) -> None:
    await declare(stage, LATE)
    async with running(stage.relay(), consumer(stage, LATE)):
        await changed_more(stage, known)
        await all_handled(stage, LATE)
        await snapshot(stage)
    await equal_in_the_end(stage)


async def test_replay_and_snapshot_together_in_either_order(stage: Stage, known: list[UUID]) -> None:
    async with late(stage, known):
        await asyncio.gather(snapshot(stage), replay(stage))
        assert await replay(stage) > 2 * BEFORE
    await equal_in_the_end(stage)


async def test_replay_alone_is_all_that_happened_and_what_was_handled_is_turned_away(
    stage: Stage, known: list[UUID]
) -> None:
    async with late(stage, known):
        await replay(stage)
        await replay(stage)
    await equal_in_the_end(stage)
    told = await things.rows(stage.worker, "SELECT consumer, count(*) FROM told GROUP BY consumer ORDER BY consumer")
    everything = await ledger.count(stage.worker, "outbox")
    assert told == [(LATE, everything), (WITNESS, everything)]


async def test_a_snapshot_tells_nobody(stage: Stage, known: list[UUID]) -> None:
    await declare(stage, LATE)
    await snapshot(stage)
    await equal_in_the_end(stage)
    assert len(known) == len(await things.projection(stage.worker, LATE))
    assert await ledger.count(stage.worker, "told", "consumer = 'late'") == 1, "the mark at the end"


async def test_twice_is_once_and_a_label_fills_an_emptied_projection(stage: Stage, known: list[UUID]) -> None:
    await declare(stage, LATE)
    for _ in range(2):
        assert await snapshot(stage) == len(known)
    await equal_in_the_end(stage)
    assert await ledger.count(stage.worker, "inbox", "consumer = 'late'") == len(known) + 1
    async with stage.worker.transaction(Context(actor="system:test")) as tx:
        await tx.execute("DELETE FROM late_things")
    await snapshot(stage, label="again")
    await equal_in_the_end(stage)


async def test_ids_are_of_the_state_and_never_an_events(stage: Stage, known: list[UUID]) -> None:
    first, second = await parcels(stage), await parcels(stage)
    ids = [parcel.event_id for parcel in first]
    assert ids == [parcel.event_id for parcel in second]
    assert {one.version for one in ids} == {5}
    await things.change(stage.api, known[0])
    changed = {parcel.event_id for parcel in await parcels(stage)} ^ set(ids)
    assert len(changed) == 2


async def parcels(stage: Stage) -> list[Parcel]:
    return [parcel async for batch in backfill.states(stage.worker, (THINGS,), TYPES) for parcel in batch]


async def test_nobody_else_sees_it(stage: Stage, known: list[UUID]) -> None:
    await declare(stage, LATE)
    await snapshot(stage)
    await replay(stage)
    archive = await ledger.count(stage.worker, "outbox")
    assert await stage.queued(LATE) == len(known) + archive
    assert [await stage.queued(queue) for queue in (WITNESS, "events.unroutable")] == [0, 0]


async def test_sealed_commands_are_never_replayed(stage: Stage) -> None:
    await declare(stage, LATE)
    async with stage.worker.transaction(Context(actor="system:test")) as tx:
        await tx.execute(
            "INSERT INTO outbox (event_id, exchange, routing_key, type, content_type, headers, body, purge) VALUES "
            "(gen_random_uuid(), 'commands', 'ledger', 'whisper.send', 'application/octet-stream', '{}', 's', true)"
        )
    assert await replay(stage) == 0


async def test_a_snapshot_of_what_nobody_reacts_to_is_no_failure(stage: Stage) -> None:
    await declare(stage, WITNESS)
    thing = await things.change(stage.api)
    event = things.ThingAdmiredV1(thing_id=thing, text="x", gone=False)
    around = {"source": "/services/ledger", "sequence": 1, "actor": "system:ledger", "correlationid": "c"}
    async with running(stage.relay(), consumer(stage, WITNESS)):
        for model_type in ("thing.admired", "thing.unheard_of"):
            envelope = Envelope.around(event, id=thing, time=datetime.now(UTC), snapshot=True, **around)
            body = envelope.model_copy(update={"type": model_type}).to_json()
            async with stage.channel() as channel:
                await channel.default_exchange.publish(aio_pika.Message(body, type=model_type), WITNESS)
        await all_handled(stage, WITNESS)
    assert await ledger.count(stage.worker, "failed_messages") == 0
    assert await ledger.count(stage.worker, "told", "consumer = 'witness'") == 3


async def command(stage: Stage, *arguments: str, kill_at: str = "") -> tuple[int, str, str]:
    environment = {
        "DATABASE_WORKER_URL": stage.urls.worker_url,
        "RABBITMQ_URL": stage.bus_url,
        "RABBITMQ_MANAGEMENT_URL": stage.management_url,
        "FAULT_KILL_AT": kill_at,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(SCRIPT), *arguments, env=environment, stdout=PIPE, stderr=PIPE
    )
    out, errors = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, out.decode(), errors.decode()


@pytest.mark.parametrize("point", ["backfill.after_publish", pytest.param("backfill.after_confirm", marks=LONG)])
@pytest.mark.parametrize("what", [("snapshot",), ("replay", "--since", "2000-01-01T00:00:00Z")])
async def test_killed_in_the_middle_and_run_again(
    stage: Stage, known: list[UUID], what: tuple[str, ...], point: str
) -> None:
    known += [await things.change(stage.api) for _ in range(2 * backfill.BATCH)]
    async with late(stage, known):
        code, _, _ = await command(stage, *what, "--to", LATE, kill_at=f"{point}:2")
        assert code == -signal.SIGKILL
        code, out, errors = await command(stage, *what, "--to", LATE)
        assert (code, out[:4]) == (0, "sent"), errors
    await equal_in_the_end(stage)


async def test_the_command_line_says_what_it_sent_and_what_is_wrong(stage: Stage, known: list[UUID]) -> None:
    since = ("--since", "2026-01-01T00:00:00Z")
    await declare(stage, LATE)
    said = await command(stage, "snapshot", "--to", LATE)
    assert said == (0, f"sent {len(known)} to late: {len(known)} thing.changed\n", "")
    code, out, errors = await command(stage, "replay", "--to", LATE, "--type", "thing.admired", *since)
    assert (code, out) == (0, f"sent {2 * BEFORE + 1} to late: {2 * BEFORE + 1} thing.admired\n")
    assert errors.startswith("the archive begins at ")
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert await command(stage, "replay", "--to", LATE, "--since", soon) == (0, "nothing to send to late\n", "")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--to", "nobody"), "there is no queue 'nobody'"),
        (("--to", "ledger.commands"), "'ledger.commands' is no queue of events: it listens to 'commands'"),
        (("--to", "ledger.dead"), "'ledger.dead' is no queue of events: it listens to 'dead'"),
        (("--to", "witness", "--type", "thing.lost"), "there is no 'thing.lost' to send, but thing.changed"),
        (("--to", "ledger", "--type", "thing.changed"), "'ledger' does not listen to 'thing.changed'"),
    ],
)
async def test_what_cannot_be_done_is_a_sentence(stage: Stage, arguments: tuple[str, ...], sentence: str) -> None:
    await declare(stage, WITNESS)
    code, out, errors = await command(stage, "snapshot", *arguments)
    assert (code, out) == (1, "")
    assert errors.startswith(f"ledger: {sentence}")
    assert errors.count("\n") == 1


async def test_a_queue_that_hears_nothing_of_it_gets_nothing(stage: Stage, known: list[UUID]) -> None:
    assert known
    assert await command(stage, "snapshot", "--to", "ledger") == (0, "nothing to send to ledger\n", "")


async def test_a_queue_that_goes_away_in_the_middle_is_said(stage: Stage, known: list[UUID]) -> None:
    assert known

    async def delete() -> None:
        async with stage.channel() as channel:
            await channel.queue_delete(LATE)

    await declare(stage, LATE)
    with pytest.raises(BackfillFailed, match="'late' took no more"):
        await snapshot(stage, after=delete)
