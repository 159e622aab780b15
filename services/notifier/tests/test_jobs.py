# ruff: noqa: PLR0917
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from chassis.database import Context, Database
from chassis.roles import verify_roles
from chassis.scheduler import Scheduler
from contracts.ids import new_id
from notifier.jobs import SETTLING, schedules
from notifier.storage.notifications import Draft, insert_notifications, list_notifications, maintain_partitions


def draft(reader, at):
    return Draft(
        id=new_id(), event_id=new_id(), user_id=reader, org_id=new_id(), kind="test", category="team", title="title",
        body="body", data={"a": 1}, traceparent=None, created_at=at,
    )  # fmt: skip


async def store(worker, *drafts):
    async with worker.transaction(Context(actor="system:test")) as tx:
        return [stored for one in drafts for stored in await insert_notifications(tx, [one])]


async def partitions(rows):
    found = await rows(
        "SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "WHERE i.inhparent = 'notifications'::regclass ORDER BY 1"
    )
    return [row["name"] for row in found]


async def test_months_get_partitions_and_the_default_is_emptied_into_them(worker, rows, settings, clock):
    reader = new_id()
    await store(worker, draft(reader, clock.now()), draft(reader, datetime(2020, 1, 1, tzinfo=UTC)))
    ran = await Scheduler(worker, schedules(settings())).tick()
    assert "maintain_partitions" in ran
    assert await partitions(rows) == [
        "notifications_2026_11", "notifications_2026_12", "notifications_2027_01", "notifications_default",
    ]  # fmt: skip
    found = await rows(
        "SELECT tableoid::regclass::text AS place FROM notifications WHERE user_id = $1 ORDER BY cursor", reader
    )
    assert [row["place"] for row in found] == ["notifications_2026_11"], "what is too old is forgotten"
    await store(worker, draft(reader, clock.now()))
    async with worker.transaction(Context(actor="system:test")) as tx:
        listed = await list_notifications(tx, reader, before=None, unread=False, limit=10)
    assert [one.cursor for one in listed] == [3, 1]


async def test_old_months_are_dropped_and_a_second_run_changes_nothing(worker, rows, settings, clock):
    scheduler = Scheduler(worker, schedules(settings(keep_notifications_days=60)))
    for _ in range(4):
        clock.move(days=31)
        assert "maintain_partitions" in await scheduler.tick()
    names = await partitions(rows)
    assert "notifications_2026_11" not in names
    assert "notifications_2027_03" in names
    assert await scheduler.tick() == []
    assert await partitions(rows) == names


async def test_one_event_is_one_notification_in_any_partition(worker, rows, clock):
    reader = new_id()
    one = draft(reader, clock.now())
    assert len(await store(worker, one)) == 1
    assert await store(worker, one) == []
    with pytest.raises(asyncpg.UniqueViolationError):
        async with worker.transaction(Context(actor="system:test")) as tx:
            await tx.execute(
                "INSERT INTO notifications "
                "  (id, event_id, user_id, cursor, kind, category, title, body, data, created_at) "
                "SELECT id, event_id, user_id, cursor + 1, kind, category, title, body, data, created_at "
                "FROM notifications WHERE user_id = $1",
                reader,
            )


async def test_settled_sources_and_replaced_versions_are_forgotten(
    story, person, deliver, rows, worker, settings, clock
):
    ada, grace = person("Ada"), person("Grace")
    tale = story(start=clock.now() - SETTLING - timedelta(days=1))
    tale.founded(ada)
    tale.joined(grace, invited_by=ada)
    tale.changed(grace, "admin", by=ada)
    await deliver(*tale.events)
    clock.move(days=200)
    assert "prune" in await Scheduler(worker, schedules(settings())).tick()
    kept = await rows("SELECT user_id, role FROM memberships WHERE org_id = $1 ORDER BY role", tale.org_id)
    assert [row["role"] for row in kept] == ["admin", "owner"]
    assert await rows("SELECT 1 FROM notification_sources WHERE org_id = $1", tale.org_id) == []


@pytest.mark.parametrize("door", ["api", "worker"])
async def test_the_roles_are_accepted(notifier_database, door):
    database = await Database.connect(getattr(notifier_database, f"{door}_url"), service="notifier")
    try:
        await verify_roles(database, door)
    finally:
        await database.close()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM people",
        "SELECT * FROM memberships",
        "SELECT * FROM deliveries",
        "SELECT * FROM suppressions",
        "SELECT * FROM notification_sources",
        "SELECT * FROM user_streams",
        "SELECT * FROM notifications_default",
        "DELETE FROM notifications",
        "UPDATE notifications SET title = 'x'",
        "INSERT INTO notifications SELECT * FROM notifications",
        "SELECT maintain_notifications(now(), 1, interval '1 day')",
    ],
)
async def test_the_http_door_cannot(api_database, statement):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with api_database.transaction(Context(actor="system:test")) as tx:
            await tx.execute(statement)


async def test_a_partition_is_no_way_around_the_walls(api_database, worker, rows):
    async with worker.transaction(Context(actor="system:test")) as tx:
        await maintain_partitions(tx, months_ahead=1, keep=timedelta(days=180))
    for name in await partitions(rows):
        for database in (api_database, worker):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with database.transaction(Context(actor="system:test")) as tx:
                    await tx.fetch(f"SELECT * FROM {name}")


async def test_row_level_security_shows_ones_own_only(api_database, worker, clock):
    reader, other = new_id(), new_id()
    mine, personal = draft(reader, clock.now()), draft(reader, clock.now())
    personal = type(personal)(**(vars(personal) | {"org_id": None}))
    await store(worker, mine, personal, draft(other, clock.now()))
    for org_id, user_id, expected in (
        (mine.org_id, reader, {mine.id, personal.id}),
        (new_id(), reader, {personal.id}),
        (mine.org_id, new_id(), set()),
        (mine.org_id, None, set()),
    ):
        async with api_database.transaction(Context(actor="user:x", org_id=org_id, user_id=user_id)) as tx:
            assert {row["id"] for row in await tx.fetch("SELECT id FROM notifications")} == expected
