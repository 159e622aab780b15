# ruff: noqa: PLR0917
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from analytics.jobs import schedules
from chassis.database import Context, Database
from chassis.roles import verify_roles
from chassis.scheduler import Scheduler
from contracts.ids import new_id


async def partitions(rows):
    found = await rows(
        "SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "WHERE i.inhparent = 'analytics_events'::regclass ORDER BY 1"
    )
    return [row["name"] for row in found]


async def test_months_are_made_ahead_and_the_default_is_emptied_into_them(
    facts, deliver, rows, worker, settings, clock
):
    clock.move(days=150)
    acme = facts()
    await deliver(acme.joined(clock.now()))
    where = "SELECT tableoid::regclass::text AS place FROM analytics_events WHERE org_id = $1"
    assert await rows(where, acme.org_id) == [{"place": "analytics_events_default"}]
    assert "maintain_partitions" in await Scheduler(worker, schedules(settings())).tick()
    assert await rows(where, acme.org_id) == [{"place": "analytics_events_2027_04"}]
    assert "analytics_events_2027_06" in await partitions(rows)


async def test_old_months_are_dropped_and_their_counts_stay(facts, deliver, rows, worker, settings, clock, daily):
    acme = facts()
    await deliver(acme.founded(at=clock.now()), acme.joined(clock.now(), actor=f"user:{new_id()}"))
    clock.move(days=500)
    await Scheduler(worker, schedules(settings())).tick()
    assert "analytics_events_2026_11" not in await partitions(rows)
    assert await rows("SELECT 1 FROM analytics_events WHERE org_id = $1", acme.org_id) == []
    assert await daily(acme.org_id) == {"2026-11-23": {"member.joined": 1, "organization.created": 1}}
    await deliver(acme.moved("Pacific/Auckland", 2, clock.now()))
    assert (await daily(acme.org_id))["2026-11-24"] == {"member.joined": 1, "organization.created": 1}
    assert len(await rows("SELECT 1 FROM daily_users WHERE org_id = $1", acme.org_id)) == 1


@pytest.mark.parametrize("door", ["api", "worker"])
async def test_the_roles_are_accepted(analytics_database, door):
    database = await Database.connect(getattr(analytics_database, f"{door}_url"), service="analytics")
    try:
        await verify_roles(database, door)
    finally:
        await database.close()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM registrations",
        "SELECT * FROM joins",
        "SELECT * FROM analytics_events_default",
        "UPDATE analytics_events SET name = 'x'",
        "DELETE FROM analytics_events",
        "DELETE FROM seen_events",
        "DELETE FROM daily_metrics",
        "DELETE FROM quarantine",
        "UPDATE organizations SET time_zone = 'UTC'",
        "INSERT INTO subscriptions SELECT * FROM subscriptions",
        "SELECT maintain_events(now(), 1, now())",
    ],
)
async def test_the_http_door_cannot(api_database, statement):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with api_database.transaction(Context(actor="system:test")) as tx:
            await tx.execute(statement)


async def test_a_partition_is_no_way_around_the_walls(api_database, worker, rows):
    names = await partitions(rows)
    assert len(names) >= 3
    for name in names:
        for database in (api_database, worker):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with database.transaction(Context(actor="system:test")) as tx:
                    await tx.fetch(f"SELECT * FROM {name}")


async def test_row_level_security_shows_ones_own_only(api_database, facts, deliver):
    acme = facts()
    await deliver(acme.founded(), acme.joined(datetime(2026, 11, 23, tzinfo=UTC) - timedelta(days=1)))
    for org_id, expected in ((acme.org_id, 2), (new_id(), 0), (None, 0)):
        async with api_database.transaction(Context(actor="user:x", org_id=org_id)) as tx:
            for table in ("analytics_events", "quarter_hour_metrics", "daily_metrics", "seen_events"):
                assert await tx.fetchval(f"SELECT count(*) FROM {table}") == expected, table


async def test_the_http_door_cannot_store_for_another_organization(api_database):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with api_database.transaction(Context(actor="user:x", org_id=new_id())) as tx:
            await tx.execute(
                "INSERT INTO quarter_hour_metrics VALUES ($1, now(), 'tracked', 'x', 1)",
                new_id(),
            )
