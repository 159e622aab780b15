"""The pool behind transactions: what one left behind reaches no other."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from chassis.database import Context, Database
from contracts.ids import new_id


@pytest.fixture
async def database(service_database: Any, tmp_path: Path) -> AsyncIterator[Database]:
    """With so few connections that the next transaction gets the one before."""
    database = await Database.connect(service_database("pooled", tmp_path).api_url, service="pooled", size=2)
    yield database
    await database.close()


async def acting_for(database: Database, context: Context) -> Any:
    async with database.transaction(context) as tx:
        return await tx.fetchval("SELECT current_org()")


async def test_a_transaction_acts_for_its_own_organization_and_no_other(database: Database) -> None:
    one = new_id()
    assert await acting_for(database, Context(actor="a", org_id=one)) == one
    assert await acting_for(database, Context(actor="a")) is None


async def test_settings_of_a_transaction_that_never_began_reach_nobody(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(asyncpg.Connection, "transaction", interrupted)
        with pytest.raises(RuntimeError):
            await acting_for(database, Context(actor="a", org_id=new_id()))
    async with database.pool.acquire() as connection, connection.transaction():
        assert await connection.fetchval("SELECT current_org()") is None


async def test_a_connection_comes_back_after_a_failure_and_after_its_end(database: Database) -> None:
    for _ in range(4):
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with database.transaction(Context(actor="a")) as tx:
                await tx.fetchval("SELECT 1 / 0")
        with pytest.raises(asyncpg.InternalClientError):
            async with database.transaction(Context(actor="a")) as tx:
                raise asyncpg.InternalClientError("stuck")
    assert await acting_for(database, Context(actor="a")) is None
