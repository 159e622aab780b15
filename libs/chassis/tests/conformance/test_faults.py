"""Servers that go away under load, and relays that take over: nothing is lost, nothing happens twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from chassis.bus import Broadcast

from . import ledger
from .conftest import Stage, running, unless_away, until


@asynccontextmanager
async def load(stage: Stage) -> AsyncIterator[None]:
    """Notes are committed all the while; what the database refuses was not committed."""
    ended = asyncio.Event()

    async def write() -> None:
        while not ended.is_set():
            await unless_away(ledger.note(stage.api, *(["load"] * 5)), [])
            await asyncio.sleep(0.005)

    writer = asyncio.create_task(write())
    try:
        yield
    finally:
        ended.set()
        await writer


async def effects_reach(stage: Stage, count: int) -> None:
    async def reached() -> bool:
        return await _effects(stage) >= count

    await until(reached, seconds=60)


async def test_the_broker_is_killed_and_comes_back_under_load(stage: Stage, engines: Any) -> None:
    async with running(stage.relay(), stage.consumer()):
        async with load(stage):
            await effects_reach(stage, 50)
            await asyncio.to_thread(engines.rabbitmq.kill)
            before = await ledger.count(stage.worker, "notes")
            await until(lambda: _notes_reach(stage, before + 50))
            await asyncio.to_thread(engines.rabbitmq.start)
            await effects_reach(stage, before + 50)
        await stage.all_in_effect(seconds=60)
    assert await ledger.lost_and_doubled(stage.worker) == (0, 0)


async def _notes_reach(stage: Stage, count: int) -> bool:
    return await ledger.count(stage.worker, "notes") >= count


async def test_the_database_is_restarted_under_load(stage: Stage, engines: Any) -> None:
    async with running(stage.relay(), stage.consumer()):
        async with load(stage):
            await effects_reach(stage, 50)
            await asyncio.to_thread(engines.postgres.kill)
            await asyncio.to_thread(engines.postgres.start)
            before = await until(lambda: _effects(stage))
            await effects_reach(stage, before + 50)
        await stage.all_in_effect(seconds=60)
    assert await ledger.lost_and_doubled(stage.worker) == (0, 0)
    assert await ledger.count(stage.worker, "failed_messages") == 0


async def _effects(stage: Stage) -> int:
    return await unless_away(ledger.count(stage.worker, "effects"), 0)


async def test_one_relay_is_active_and_the_other_takes_over(stage: Stage) -> None:
    first, second = stage.relay(), stage.relay()
    async with running(stage.consumer()), running(first):
        await first.active.wait()
        async with running(second):
            await ledger.note(stage.api, "by the first")
            await stage.all_in_effect()
            assert not second.active.is_set()
            await _terminate_lease(stage)
            await until(lambda: _one_active(first, second))
            await ledger.note(stage.api, "by the one that took over")
            await stage.all_in_effect()
    assert await ledger.lost_and_doubled(stage.worker) == (0, 0)


async def _one_active(*relays: Any) -> bool:
    return sum(relay.active.is_set() for relay in relays) == 1


async def _terminate_lease(stage: Stage) -> None:
    connection = await asyncpg.connect(stage.urls.admin_url)
    try:
        ended = await connection.fetchval(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        assert ended
    finally:
        await connection.close()


async def test_a_broadcast_reaches_every_process_and_says_when_it_is_cut_off(stage: Stage, engines: Any) -> None:
    heard: dict[str, list[Any]] = {"a": [], "b": []}
    links: dict[str, list[str]] = {"a": [], "b": []}

    def listener(name: str) -> Broadcast:
        async def on_event(event: Any) -> None:
            heard[name].append(event)

        async def on_connected() -> None:
            links[name].append("connected")

        async def on_lost() -> None:
            links[name].append("lost")

        return Broadcast(stage.bus_url, ledger.SERVICE, [ledger.NotedV1], on_event, on_connected, on_lost)

    async def both(count: int) -> bool:
        return all(len(events) == count for events in heard.values())

    async def linked(*states: str) -> bool:
        return links == {"a": list(states), "b": list(states)}

    async with running(listener("a"), listener("b"), stage.relay(), stage.consumer()):
        await until(lambda: linked("connected"))
        await ledger.note(stage.api, "for all")
        await until(lambda: both(1))
        await asyncio.to_thread(engines.rabbitmq.stop)
        await until(lambda: linked("connected", "lost"))
        await asyncio.to_thread(engines.rabbitmq.start)
        await until(lambda: linked("connected", "lost", "connected"), seconds=60)
        await ledger.note(stage.api, "for all again")
        await until(lambda: both(2))
