"""The outbox' daily partitions: made ahead, dropped behind, and never one with an unpublished row."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from chassis.database import Context, Database, Row
from chassis.measures import COUNT_DEAD, DEAD, OLDEST_UNPUBLISHED, UNPUBLISHED, Measures
from chassis.relay import _CLAIM

SERVICE = "kept"
INSERT = """
INSERT INTO outbox (event_id, exchange, routing_key, type, content_type, headers, body, purge, created_at, published_at)
SELECT gen_random_uuid(), 'events', 'x', 'x', 'x', '{}', '', false, $1::timestamptz, $2::timestamptz
FROM generate_series(1, $3)
"""


@pytest.fixture
def urls(service_database: Any, tmp_path: Path) -> Any:
    return service_database(SERVICE, tmp_path)


@pytest.fixture
async def owner(urls: Any) -> AsyncIterator["asyncpg.Connection[Row]"]:
    connection = await asyncpg.connect(urls.owner_url)
    yield connection
    await connection.close()


@pytest.fixture
async def worker(urls: Any) -> AsyncIterator[Database]:
    database = await Database.connect(urls.worker_url, service=SERVICE, size=2)
    yield database
    await database.close()


async def partitions(owner: "asyncpg.Connection[Row]") -> set[str]:
    rows = await owner.fetch(
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'outbox'::regclass"
    )
    return {row["name"] for row in rows}


async def old_day(owner: "asyncpg.Connection[Row]", days: int) -> str:
    """A partition of that many days ago, with published rows; returns its name."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)
    name = f"outbox_{midnight:%Y%m%d}"
    await owner.execute(
        f"CREATE TABLE {name} PARTITION OF outbox FOR VALUES FROM ('{midnight}') TO ('{midnight + timedelta(days=1)}')"
    )
    await owner.execute(INSERT, midnight, midnight, 3)
    return name


async def _days_ago(owner: "asyncpg.Connection[Row]", days: int) -> Any:
    return await owner.fetchval("SELECT now() - $1 * interval '1 day'", days)


async def maintain(worker: Database, keep_days: int) -> None:
    async with worker.transaction(Context(actor="system:test")) as tx:
        await tx.execute("SELECT maintain_outbox($1)", keep_days)


async def test_a_week_ahead_exists_and_is_made_again(owner: Any, worker: Database) -> None:
    before = await partitions(owner)
    assert len(before) == 9
    await owner.execute(f"DROP TABLE {max(before - {'outbox_default'})}")
    await maintain(worker, 14)
    assert await partitions(owner) == before


async def test_what_is_published_and_old_is_dropped(owner: Any, worker: Database) -> None:
    old, kept = await old_day(owner, 20), await old_day(owner, 13)
    await maintain(worker, 14)
    left = await partitions(owner)
    assert old not in left
    assert kept in left


async def test_an_unpublished_row_is_never_dropped(owner: Any, worker: Database) -> None:
    old = await old_day(owner, 20)
    await owner.execute(INSERT, await _days_ago(owner, 20), None, 1)
    await maintain(worker, 14)
    assert old in await partitions(owner)


async def test_maintenance_works_in_its_own_schema_whatever_the_callers_search_path(
    owner: Any, worker: Database
) -> None:
    old = await old_day(owner, 20)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="temporary"):
        async with worker.transaction(Context(actor="system:test")) as tx:
            await tx.execute("CREATE TEMP TABLE outbox_default (published_at timestamptz)")
    async with worker.transaction(Context(actor="system:test")) as tx:
        await tx.execute("SET LOCAL search_path = pg_catalog")
        await tx.execute("SELECT kept.maintain_outbox(14)")
    assert old not in await partitions(owner)


async def test_rows_of_a_day_without_a_partition_are_taken_all_the_same(owner: Any, worker: Database) -> None:
    await owner.execute(INSERT, await _days_ago(owner, -60), None, 1)
    assert await owner.fetchval("SELECT count(*) FROM outbox_default") == 1


@pytest.mark.parametrize("query", [OLDEST_UNPUBLISHED, _CLAIM])
async def test_the_unpublished_are_found_by_index(owner: Any, worker: Database, query: str) -> None:
    now = await _days_ago(owner, 0)
    await owner.execute(INSERT, now, now, 20_000)
    await owner.execute(INSERT, now, None, 5)
    await owner.execute("ANALYZE outbox")
    async with worker.transaction(Context(actor="system:test")) as tx:
        arguments = ([], 500) if "$2" in query else ()
        plan = "\n".join(row[0] for row in await tx.fetch(f"EXPLAIN {query}", *arguments))
    today = f"outbox_{now:%Y%m%d}"
    assert f"Seq Scan on {today}" not in plan
    assert f"Index Scan using {today}_position_idx" in plan


async def test_the_dead_are_counted_by_index(worker: Database) -> None:
    async with worker.transaction(Context(actor="system:test")) as tx:
        await tx.execute(
            "INSERT INTO failed_messages (consumer, event_id, body, headers, error, error_group, attempts, state, "
            "next_try_at, first_failed_at, last_failed_at) SELECT 'kept', gen_random_uuid(), '', '{}', 'e', 'g', 1, "
            "CASE WHEN i % 100 = 0 THEN 'dead' ELSE 'waiting' END, CASE WHEN i % 100 = 0 THEN NULL ELSE now() END, "
            "now(), now() FROM generate_series(1, 20000) AS i"
        )
    async with worker.transaction(Context(actor="system:test")) as tx:
        plan = "\n".join(row[0] for row in await tx.fetch(f"EXPLAIN {COUNT_DEAD}"))
    assert "failed_messages_dead" in plan
    await Measures(worker).sample()
    assert DEAD.labels(SERVICE, "kept")._value.get() == 200


async def test_the_age_of_the_oldest_unpublished_is_measured(owner: Any, worker: Database) -> None:
    await Measures(worker).sample()
    assert UNPUBLISHED.labels(SERVICE)._value.get() == 0
    await owner.execute(INSERT, await _days_ago(owner, 2), None, 1)
    await Measures(worker).sample()
    assert UNPUBLISHED.labels(SERVICE)._value.get() == pytest.approx(2 * 86400, abs=60)
