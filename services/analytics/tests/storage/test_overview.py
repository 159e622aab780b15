"""The overview reads counts by their keys: no scan over anybody else's rows."""

import json
from datetime import date

import pytest

from analytics.storage.overview import ACTIVE, DAYS, DISTINCT, TOP
from chassis.database import Context
from contracts.ids import new_id

FILL = """
WITH organization AS (SELECT gen_random_uuid() AS id FROM generate_series(1, 200))
INSERT INTO daily_metrics SELECT organization.id, date '2026-01-01' + day, 'tracked', 'event-' || name, 1, now()
FROM organization, generate_series(0, 99) AS day, generate_series(1, 5) AS name
"""
FILL_USERS = """
INSERT INTO daily_users SELECT DISTINCT org_id, day, 'user-' || name FROM daily_metrics
"""


@pytest.fixture(scope="module")
async def filled(analytics_database):
    import asyncpg

    connection = await asyncpg.connect(analytics_database.admin_url)
    await connection.execute("SET search_path = analytics")
    await connection.execute(FILL)
    await connection.execute(FILL_USERS)
    await connection.execute("ANALYZE daily_metrics, daily_users")
    await connection.close()


def nodes(plan):
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


@pytest.mark.parametrize(
    ("sql", "arguments", "index"),
    [
        (DAYS, (date(2026, 1, 1), date(2026, 1, 30)), "daily_metrics_pkey"),
        (TOP, (date(2026, 1, 1), date(2026, 1, 15), date(2026, 1, 30), 10), "daily_metrics_pkey"),
        (ACTIVE, (date(2026, 1, 1), date(2026, 1, 30)), "daily_users_pkey"),
        (DISTINCT, (date(2026, 1, 1), date(2026, 1, 30)), "daily_users_pkey"),
    ],
    ids=["days", "top", "active", "distinct"],
)
@pytest.mark.usefixtures("filled")
async def test_an_index_leads_to_the_rows(rows, api_database, sql, arguments, index):
    (row,) = await rows("SELECT org_id FROM daily_metrics LIMIT 1")
    context = Context(actor="user:x", org_id=row["org_id"], user_id=new_id())
    async with api_database.transaction(context) as tx:
        plan = json.loads(await tx.fetchval(f"EXPLAIN (FORMAT JSON) {sql}", row["org_id"], *arguments))[0]["Plan"]
    found = list(nodes(plan))
    assert [node["Node Type"] for node in found if node["Node Type"] == "Seq Scan"] == []
    assert index in {node.get("Index Name") for node in found}
