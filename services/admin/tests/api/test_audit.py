"""The log is read by those who may, names the reader, and shows the first row that somebody touched."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from admin.checkpoints import CheckpointSeal
from admin.usecases.checkpoint_audit import checkpoint_audit
from admin.usecases.record import Witness, record
from admin.usecases.verify_audit import verify_audit
from chassis.database import Context
from chassis.keys import SigningKey

AUDIT, VERIFICATION = "/admin/v1/audit", "/admin/v1/audit/verification"
BY = Witness("operator:tester", "command line")


async def put_down(admin, action: str, **details) -> None:
    async with admin.api.transaction(Context("system:admin")) as tx:
        record(tx, BY, action, "thing:1", **details)


async def verdict(admin):
    async with admin.owner.transaction(Context("system:admin")) as tx:
        return await verify_audit(tx, CheckpointSeal(admin.settings.keys), since=None)


class Tampering:
    """What a superuser of the database could do; undone at the end of the test."""

    def __init__(self, admin) -> None:
        self.connection = admin.superuser
        self.transaction = None

    async def __aenter__(self):
        self.transaction = self.connection.transaction()
        await self.connection.execute("SET session_replication_role = replica")
        await self.connection.execute("CREATE TABLE kept_logs AS TABLE admin_audit_logs")
        await self.connection.execute("CREATE TABLE kept_details AS TABLE admin_audit_details")
        return self.connection.execute

    async def __aexit__(self, *_) -> None:
        for statement in (
            "TRUNCATE admin_audit_logs, admin_audit_details",
            "INSERT INTO admin_audit_logs SELECT * FROM kept_logs",
            "INSERT INTO admin_audit_details SELECT * FROM kept_details",
            "DROP TABLE kept_logs, kept_details",
            "SET session_replication_role = origin",
        ):
            await self.connection.execute(statement)


@pytest.fixture
async def numbers(admin) -> list[int]:
    """Six rows of today; their numbers."""
    for action in range(6):
        await put_down(admin, f"test.{action}", reason="a test's own")
    return [row["number"] for row in await admin.rows()][-6:]


async def test_the_newest_first_a_page_at_a_time(admin, numbers) -> None:
    person = await admin.colleague()
    first = (await admin.call("GET", f"{AUDIT}?limit=3&action=test.", token=person.token)).ok()
    assert [row["action"] for row in first["items"]] == ["test.5", "test.4", "test.3"]
    assert first["items"][0]["details"] == {"address": "command line", "reason": "a test's own"}
    second = await admin.call("GET", f"{AUDIT}?limit=3&action=test.&cursor={first['next_cursor']}", token=person.token)
    assert [row["action"] for row in second.ok()["items"]] == ["test.2", "test.1", "test.0"]


async def test_reading_it_is_put_down_with_the_readers_address(admin) -> None:
    person = await admin.colleague()
    (await admin.call("GET", AUDIT, token=person.token)).ok()
    rows = (await admin.call("GET", f"{AUDIT}?actor={person.actor}", token=person.token)).ok()["items"]
    assert [row["action"] for row in rows][:2] == ["audit.read", "auth.signed_in"]
    assert {row["actor_email"] for row in rows} == {person.email}


async def test_the_log_is_whole_also_when_many_write_at_once(admin) -> None:
    await asyncio.gather(*(put_down(admin, "test.at_once", count=count) for count in range(30)))
    person = await admin.colleague()
    found = (await admin.call("GET", VERIFICATION, token=person.token)).ok()
    assert found["whole"], found
    assert found["rows"] >= 30
    numbers = [row["number"] for row in await admin.rows()]
    assert numbers == list(range(1, len(numbers) + 1))


async def test_a_deed_that_is_rolled_back_leaves_no_row(admin) -> None:
    before = len(await admin.rows())

    async def fail() -> None:
        async with admin.api.transaction(Context("system:admin")) as tx:
            record(tx, BY, "test.undone")
            raise RuntimeError("the deed failed")

    with pytest.raises(RuntimeError):
        await fail()
    assert len(await admin.rows()) == before


@pytest.mark.parametrize(
    ("change", "offset", "reason"),
    [
        ("UPDATE admin_audit_logs SET action = 'test.harmless' WHERE number = {}", 0, "it was changed"),
        ("UPDATE admin_audit_logs SET actor = 'admin:other' WHERE number = {}", 0, "it was changed"),
        ("UPDATE admin_audit_details SET details = '{{\"reason\": \"another\"}}' WHERE id = (SELECT id FROM "
         "admin_audit_logs WHERE number = {})", 0, "its details were changed"),
        ("DELETE FROM admin_audit_details WHERE id = (SELECT id FROM admin_audit_logs WHERE number = {})", 0,
         "its details were removed"),
        ("DELETE FROM admin_audit_logs WHERE number = {}", 1, "was removed before it"),
        ("UPDATE admin_audit_logs SET number = number + 1000 WHERE number = {}", 1, "was removed before it"),
    ],
    ids=["action", "actor", "details", "details gone", "row gone", "row moved"],
)  # fmt: skip
async def test_the_first_touched_row_is_named(admin, numbers, change, offset, reason) -> None:
    touched = numbers[2]
    async with Tampering(admin) as execute:
        await execute(change.format(touched))
        found = await verdict(admin)
    assert found.broken is not None
    assert (found.broken.number, found.rows) == (touched + offset, touched - 1)
    assert reason in found.broken.reason
    assert (await verdict(admin)).broken is None


async def test_an_inserted_row_is_named(admin, numbers) -> None:
    """A row planted between two others, the rest renumbered to make room."""
    at = numbers[3]
    async with Tampering(admin) as execute:
        await execute(f"UPDATE admin_audit_logs SET number = number + 1000 WHERE number >= {at}")
        await execute("UPDATE admin_audit_logs SET number = number - 999 WHERE number > 1000")
        await execute(
            f"INSERT INTO admin_audit_logs SELECT day, {at}, gen_random_uuid(), at, actor, 'test.planted', target, "
            f"request_id, commitment, hash, hash FROM admin_audit_logs WHERE number = {at - 1}"
        )
        found = await verdict(admin)
    assert found.broken is not None
    assert (found.broken.number, found.broken.reason) == (at, "it was changed")


async def test_rows_cut_off_the_end_of_a_day_show_by_its_signed_checkpoint(admin, shift, numbers) -> None:
    shift(days=1)
    async with admin.worker.transaction(Context("system:admin")) as tx:
        heads = await checkpoint_audit(tx, CheckpointSeal(admin.settings.keys))
    assert [head.rows for head in heads] == [numbers[-1]]
    async with admin.worker.transaction(Context("system:admin")) as tx:
        assert await checkpoint_audit(tx, CheckpointSeal(admin.settings.keys)) == []
    assert (await verdict(admin)).checkpoints == 1
    async with Tampering(admin) as execute:
        await execute(f"DELETE FROM admin_audit_logs WHERE number > {numbers[2]}")
        found = await verdict(admin)
    assert found.broken is not None
    assert (found.broken.number, found.broken.reason) == (numbers[2] + 1, "rows were removed at the end of the day")
    async with admin.owner.transaction(Context("system:admin")) as tx:
        stranger = await verify_audit(tx, CheckpointSeal([SigningKey.generate()]), since=None)
    assert stranger.broken is not None
    assert "not signed" in stranger.broken.reason
    await put_down(admin, "test.next_day")
    assert (await admin.rows())[-1]["number"] == 1
    assert (await verdict(admin)).broken is None


@pytest.mark.parametrize("door", ["api", "worker"])
@pytest.mark.parametrize("table", ["admin_audit_logs", "admin_audit_details", "admin_audit_checkpoints"])
async def test_no_runtime_role_changes_or_removes_what_is_written(admin, door, table) -> None:
    database = getattr(admin, door)
    for statement in (
        f"DELETE FROM {table}",
        f"TRUNCATE {table}",
        f"UPDATE {table} SET {'rows = 1' if 'check' in table else 'id = id'}",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.transaction(Context("system:admin")) as tx:
                await tx.execute(statement)


async def test_a_clock_that_goes_back_breaks_nothing(admin) -> None:
    admin.clock.shift = timedelta(minutes=3)
    await put_down(admin, "test.later")
    admin.clock.shift = timedelta(0)
    await put_down(admin, "test.earlier")
    rows = (await admin.rows())[-2:]
    assert rows[0]["at"] <= rows[1]["at"]
    assert (await verdict(admin)).broken is None
