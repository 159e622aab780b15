"""The pool behind transactions: what one left behind reaches no other."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from chassis.database import CommitRefused, Context, Database, Tx
from contracts.ids import new_id


@pytest.fixture
def urls(service_database: Any, tmp_path: Path) -> Any:
    (tmp_path / "0001_notes.sql").write_text("CREATE TABLE notes (id int UNIQUE DEFERRABLE INITIALLY DEFERRED);")
    return service_database("pooled", tmp_path)


@pytest.fixture
async def database(urls: Any) -> AsyncIterator[Database]:
    """With so few connections that the next transaction gets the one before."""
    database = await Database.connect(urls.api_url, service="pooled", size=2)
    yield database
    await database.close()


async def acting_for(database: Database, context: Context) -> Any:
    async with database.transaction(context) as tx:
        return await tx.fetchval("SELECT current_org()")


async def test_a_transaction_acts_for_its_own_organization_and_no_other(database: Database) -> None:
    one = new_id()
    assert await acting_for(database, Context(actor="a", org_id=one)) == one
    assert await acting_for(database, Context(actor="a")) is None


async def test_who_fails_between_begin_and_commit_leaves_no_setting_behind(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction(Context(actor="a", org_id=new_id())) as tx:
            await tx.execute("SET LOCAL lock_timeout = 1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with database.pool.connection() as connection, connection.transaction():
        assert await connection.fetchval("SELECT current_org()") is None


async def test_a_failure_that_only_the_commit_shows_is_raised_and_nothing_is_kept(database: Database) -> None:
    async def write(*, twice: bool) -> None:
        async with database.transaction(Context(actor="a")) as tx:
            await tx.execute("INSERT INTO notes VALUES (1)")
            if twice:
                await tx.execute("INSERT INTO notes VALUES (1)")

    with pytest.raises(asyncpg.UniqueViolationError):
        await write(twice=True)
    await write(twice=False)


async def test_what_goes_with_the_commit_fails_or_holds_with_it(database: Database) -> None:
    async def write(statement: str, *, after: str = "SELECT 1") -> None:
        async with database.transaction(Context(actor="a")) as tx:
            with suppress(asyncpg.DivisionByZeroError):
                await tx.execute(after)
            tx.with_commit.append(statement)

    with pytest.raises(asyncpg.DivisionByZeroError):
        await write("SELECT 1 / 0;")
    with pytest.raises(CommitRefused):
        await write("SELECT 1;", after="SELECT 1 / 0")
    await write("INSERT INTO notes VALUES (1);")
    async with database.transaction(Context(actor="a")) as tx:
        assert await tx.fetchval("SELECT count(*) FROM notes") == 1


async def test_who_keeps_the_transaction_cannot_work_on_in_the_next(database: Database) -> None:
    async with database.transaction(Context(actor="a")) as ended:
        pass
    async with database.transaction(Context(actor="b")):
        with pytest.raises(asyncpg.InterfaceError):
            await ended.execute("SELECT 1")


async def write_and_fail(tx: Tx) -> None:
    async with tx.savepoint():
        await tx.execute("INSERT INTO notes VALUES (2)")
        await tx.fetchval("SELECT 1 / 0")


async def test_a_savepoint_undoes_what_failed_inside_and_nothing_else(database: Database) -> None:
    async with database.transaction(Context(actor="a")) as tx:
        async with tx.savepoint():
            await tx.execute("INSERT INTO notes VALUES (1)")
            with pytest.raises(asyncpg.DivisionByZeroError):
                await write_and_fail(tx)
        assert [row["id"] for row in await tx.fetch("SELECT id FROM notes")] == [1]


async def test_a_changed_table_fails_one_transaction_and_not_one_a_connection(database: Database, urls: Any) -> None:
    async def read() -> int:
        async with database.transaction(Context(actor="a")) as tx, database.transaction(Context(actor="a")) as other:
            return len(await tx.fetch("SELECT * FROM notes")) + len(await other.fetch("SELECT * FROM notes"))

    owner = await asyncpg.connect(urls.owner_url, server_settings={"search_path": "pooled"})
    assert await read() == 0
    await owner.execute("ALTER TABLE notes ALTER id TYPE text")
    await owner.close()
    with pytest.raises(asyncpg.InvalidCachedStatementError):
        await read()
    assert await read() == 0


async def test_a_connection_comes_back_after_a_failure_and_after_its_end(database: Database) -> None:
    for _ in range(4):
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with database.transaction(Context(actor="a")) as tx:
                await tx.fetchval("SELECT 1 / 0")
        with pytest.raises(asyncpg.InternalClientError):
            async with database.transaction(Context(actor="a")) as tx:
                raise asyncpg.InternalClientError("stuck")
    assert await acting_for(database, Context(actor="a")) is None
