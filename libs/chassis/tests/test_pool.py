"""Connections that are lent and come back: whose turn it is, what a borrower leaves behind, and the end."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from chassis import pool as pool_module
from chassis.pool import Connection, Pool

SIZE = 2


@pytest.fixture
def connect(service_database: Any, tmp_path: Path) -> Any:
    url = service_database("pooled", tmp_path).worker_url
    return partial(asyncpg.connect, url, server_settings={"search_path": "pooled"}, connection_class=Connection)


@pytest.fixture
async def pool(connect: Any) -> AsyncIterator[Pool]:
    pool = await Pool.open(connect, SIZE)
    yield pool
    await pool.close()


async def session_of(pool: Pool) -> int:
    async with pool.connection() as connection:
        return int(await connection.fetchval("SELECT pg_backend_pid()"))


async def waiting_for(pool: Pool) -> "asyncio.Task[Any]":
    """A borrower who has come to wait."""
    task = asyncio.create_task(pool.lend())
    await asyncio.sleep(0)
    return task


async def test_the_last_to_come_back_is_lent_first(pool: Pool) -> None:
    one, other = await pool.lend(), await pool.lend()
    last = other.connection
    pool.take_back_as_it_was(one)
    pool.take_back_as_it_was(other)
    again = await pool.lend()
    assert again.connection is last
    pool.take_back_as_it_was(again)


async def test_who_waited_is_served_before_who_just_gave_back(pool: Pool) -> None:
    lent = [await pool.lend() for _ in range(SIZE)]
    first, second = await waiting_for(pool), await waiting_for(pool)
    pool.take_back_as_it_was(lent[0])
    third = await waiting_for(pool)
    pool.take_back_as_it_was(await first)
    pool.take_back_as_it_was(await second)
    pool.take_back_as_it_was(await third)
    pool.take_back_as_it_was(lent[1])


async def test_a_connection_given_to_who_is_cancelled_in_that_moment_is_not_lost(pool: Pool) -> None:
    lent = [await pool.lend() for _ in range(SIZE)]
    cancelled, next_one = await waiting_for(pool), await waiting_for(pool)
    pool.take_back_as_it_was(lent[0])
    cancelled.cancel()
    pool.take_back_as_it_was(await next_one)
    pool.take_back_as_it_was(lent[1])
    assert cancelled.cancelled()


async def test_who_gives_up_leaves_the_row(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    lent = [await pool.lend() for _ in range(SIZE)]
    with monkeypatch.context() as patched:
        patched.setattr(pool_module, "LEND_SECONDS", 0.01)
        with pytest.raises(TimeoutError):
            await pool.lend()
    for one in lent:
        pool.take_back_as_it_was(one)
    assert await session_of(pool)


async def test_a_lost_connection_makes_room_for_a_new_one(pool: Pool) -> None:
    lent = [await pool.lend() for _ in range(SIZE)]
    waiting = await waiting_for(pool)
    lent[0].connection.terminate()
    pool.take_back_as_it_was(lent[0])
    fresh = await waiting
    assert await fresh.connection.fetchval("SELECT 1") == 1
    pool.take_back_as_it_was(fresh)
    fresh_again = await pool.lend()
    fresh_again.connection.terminate()
    await pool.take_back(fresh_again)
    pool.take_back_as_it_was(lent[1])
    assert await session_of(pool)


async def test_a_connection_lost_while_idle_is_not_lent(pool: Pool) -> None:
    lent = await pool.lend()
    connection = lent.connection
    pool.take_back_as_it_was(lent)
    connection.terminate()
    assert await session_of(pool)


async def test_what_cannot_be_opened_lets_the_next_try(connect: Any) -> None:
    answers = iter([connect, None, connect])

    async def now_and_then() -> Any:
        if (answer := next(answers)) is None:
            raise ConnectionRefusedError
        return await answer()

    pool = await Pool.open(now_and_then, SIZE)
    held = await pool.lend()
    with pytest.raises(ConnectionRefusedError):
        await pool.lend()
    pool.take_back_as_it_was(await pool.lend())
    pool.take_back_as_it_was(held)
    await pool.close()


async def test_nothing_is_left_of_a_transaction_a_setting_and_a_lock(pool: Pool) -> None:
    before = await session_of(pool)
    async with pool.connection() as connection:
        await connection.execute("SET app.org_id = 'x'; SELECT pg_advisory_lock(7); BEGIN; DELETE FROM inbox")
    async with pool.connection() as connection:
        assert await connection.fetchval("SELECT pg_backend_pid()") == before
        assert await connection.fetchval("SELECT current_setting('app.org_id', true)") == ""
        assert not connection.is_in_transaction()
        assert await connection.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0


async def test_a_cancelled_statement_ends_before_its_connection_is_lent_again(pool: Pool) -> None:
    lent = await pool.lend()
    await lent.connection.execute("BEGIN")
    slow = asyncio.create_task(lent.connection.execute("SELECT pg_sleep(60)"))
    await asyncio.sleep(0)
    slow.cancel()
    await pool.take_back(lent)
    async with pool.connection() as connection:
        assert not connection.is_in_transaction()
        assert await connection.fetchval("SELECT 1") == 1


async def test_who_keeps_a_connection_cannot_use_it(pool: Pool) -> None:
    lent = await pool.lend()
    pool.take_back_as_it_was(lent)
    with pytest.raises(asyncpg.InterfaceError):
        _ = lent.connection
    with pytest.raises(asyncpg.InterfaceError):
        await pool.take_back(lent)


async def test_after_a_renewal_every_session_is_a_new_one(pool: Pool) -> None:
    lent = [await pool.lend() for _ in range(SIZE)]
    old = {await one.connection.fetchval("SELECT pg_backend_pid()") for one in lent}
    pool.take_back_as_it_was(lent[0])
    pool.renew()
    pool.take_back_as_it_was(lent[1])
    lent = [await pool.lend() for _ in range(SIZE)]
    new = {await one.connection.fetchval("SELECT pg_backend_pid()") for one in lent}
    for one in lent:
        pool.take_back_as_it_was(one)
    assert len(new) == SIZE
    assert not old & new


async def test_what_nobody_needs_is_closed_but_for_one(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "IDLE_SECONDS", 0.0)
    closed = asyncio.Event()
    lent = [await pool.lend() for _ in range(SIZE)]
    kept = lent[1].connection
    lent[0].connection.add_termination_listener(lambda _: closed.set())
    for one in lent:
        pool.take_back_as_it_was(one)
    pool._close_idle()
    await closed.wait()
    again = await pool.lend()
    assert again.connection is kept
    pool.take_back_as_it_was(again)


async def test_closing_waits_for_what_is_lent_and_lends_no_more(connect: Any) -> None:
    pool = await Pool.open(connect, SIZE)
    lent = await pool.lend()
    connection = lent.connection
    closing = asyncio.create_task(pool.close())
    await asyncio.sleep(0)
    with pytest.raises(asyncpg.InterfaceError, match="closing"):
        await pool.lend()
    assert not closing.done()
    await pool.take_back(lent)
    await closing
    assert connection.is_closed()
