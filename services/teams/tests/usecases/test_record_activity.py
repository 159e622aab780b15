"""Every change leaves one row in its organization's chain; who rewrites the chain is found out."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from chassis.chains import Seal
from chassis.database import Context
from chassis.keys import SigningKey
from teams.domain.activity import Action, Subject
from teams.usecases.record_activity import record_activity
from teams.usecases.seal_activity import drop_old_activity, seal_activity
from teams.usecases.verify_activity import verify_activity


async def verdict(teams, org_id, seal=None):
    async with teams.worker.transaction(Context("system:teams")) as tx:
        return await verify_activity(tx, seal or teams.settings.seal(), org_id)


async def seal(teams) -> None:
    async with teams.worker.transaction(Context("system:teams")) as tx:
        await seal_activity(tx, teams.settings.seal())


async def put_down(teams, org_id, count: int = 1) -> None:
    async with teams.api.transaction(Context("system:teams", org_id=org_id)) as tx:
        for number in range(count):
            record_activity(tx, Action.ORGANIZATION_UPDATED, Subject("organization", "x", f"row {number}"))


async def test_who_did_what_to_whom_from_where(teams) -> None:
    ada = await teams.register(name="Ada", organization_name="Engines")
    bob = await teams.add_member(ada, "member")
    await teams.call(
        "PATCH", f"/v1/members/{bob.user_id}", {"role": "admin"}, token=ada.token, If_Match='"1"',
        User_Agent="Looking Glass/1.0", X_Request_Id="a-request-of-mine", X_Forwarded_For="203.0.113.9",
    )  # fmt: skip
    rows = await teams.activity(ada.org_id)
    assert [(row["number"], row["action"]) for row in rows] == [
        (1, "organization.created"),
        (2, "invitation.created"),
        (3, "member.joined"),
        (4, "member.role_changed"),
    ]
    last = rows[-1]
    assert (last["actor"], last["on_behalf_of"]) == (f"user:{ada.user_id}", "")
    assert (last["subject_type"], last["subject_id"], last["request_id"]) == (
        "member", str(bob.user_id), "a-request-of-mine",
    )  # fmt: skip
    assert last["details"] == {
        "actor": "Ada",
        "subject": "Ada Lovelace",
        "address": "203.0.113.9",
        "user_agent": "Looking Glass/1.0",
        "before": {"role": "member"},
        "after": {"role": "admin"},
    }
    assert rows[2]["actor"] == f"user:{bob.user_id}"
    assert (await verdict(teams, ada.org_id)).broken is None


async def test_each_change_is_told_of_and_only_with_what_changed(teams, shift) -> None:
    ada = await teams.register(organization_name="Engines")
    await teams.call("PATCH", "/v1/organization", {"name": "Looms"}, token=ada.token, If_Match='"1"')
    await teams.call("PATCH", "/v1/organization", {"name": "Looms"}, token=ada.token, If_Match='"2"')
    invited = await teams.invite(ada, teams.new_email())
    shift(minutes=2)
    path = f"/v1/invitations/{invited['id']}"
    await teams.call("POST", f"{path}/resend", token=ada.token)
    await teams.call("DELETE", path, token=ada.token)
    bob = await teams.add_member(ada)
    await teams.call("DELETE", f"/v1/members/{bob.user_id}", token=bob.token)
    cleo = await teams.add_member(ada)
    await teams.call("DELETE", f"/v1/members/{cleo.user_id}", token=ada.token)
    rows = await teams.activity(ada.org_id)
    assert [row["action"] for row in rows[1:]] == [
        "organization.updated",
        "invitation.created",
        "invitation.resent",
        "invitation.revoked",
        "invitation.created",
        "member.joined",
        "member.left",
        "invitation.created",
        "member.joined",
        "member.removed",
    ]
    assert (rows[1]["details"]["before"], rows[1]["details"]["after"]) == ({"name": "Engines"}, {"name": "Looms"})
    assert rows[2]["details"]["subject"] == invited["email"]


async def test_staff_acting_for_somebody_stand_beside_them(teams) -> None:
    ada = await teams.register()
    staff = Context(f"admin:7 as user:{ada.user_id}", org_id=ada.org_id)
    async with teams.api.transaction(staff) as tx:
        record_activity(tx, Action.ORGANIZATION_UPDATED, Subject.organization(ada.org_id, "Engines"))
    row = (await teams.activity(ada.org_id))[-1]
    assert (row["actor"], row["on_behalf_of"]) == ("admin:7", f"user:{ada.user_id}")


async def test_a_change_that_is_rolled_back_leaves_no_row(teams) -> None:
    ada = await teams.register()
    before = await teams.activity(ada.org_id)
    refused = await teams.call("POST", "/v1/invitations", {"email": ada.email}, token=ada.token)
    assert refused.status == 409

    async def fail() -> None:
        async with teams.api.transaction(Context("system:teams", org_id=ada.org_id)) as tx:
            record_activity(tx, Action.ORGANIZATION_UPDATED, Subject.organization(ada.org_id, "Engines"))
            raise RuntimeError("the change failed")

    with pytest.raises(RuntimeError):
        await fail()
    assert await teams.activity(ada.org_id) == before


async def test_many_at_once_make_one_chain(teams) -> None:
    ada = await teams.register()
    await asyncio.gather(*(put_down(teams, ada.org_id, 3) for _ in range(12)))
    assert [row["number"] for row in await teams.activity(ada.org_id)] == list(range(1, 38))
    assert (await verdict(teams, ada.org_id)).broken is None


async def test_a_clock_that_goes_back_breaks_nothing(teams, shift) -> None:
    ada = await teams.register()
    shift(minutes=5)
    await put_down(teams, ada.org_id)
    shift(minutes=-5)
    await put_down(teams, ada.org_id)
    rows = await teams.activity(ada.org_id)
    assert rows[-2]["at"] <= rows[-1]["at"]
    assert (await verdict(teams, ada.org_id)).broken is None


class Tampering:
    """What a superuser of the database could do; undone at the end."""

    def __init__(self, teams) -> None:
        self.connection = teams.admin
        self.tables = ("activity_logs", "activity_details", "activity_heads")

    async def __aenter__(self):
        for table in self.tables:
            columns = "org_id, number, at, salt, details, persons" if "details" in table else "*"
            await self.connection.execute(f"CREATE TABLE kept_{table} AS SELECT {columns} FROM {table}")
        return self.connection.execute

    async def __aexit__(self, *_) -> None:
        for table in self.tables:
            columns = "(org_id, number, at, salt, details, persons)" if "details" in table else ""
            await self.connection.execute(f"TRUNCATE {table}")
            await self.connection.execute(f"INSERT INTO {table} {columns} SELECT * FROM kept_{table}")
            await self.connection.execute(f"DROP TABLE kept_{table}")


@pytest.mark.parametrize(
    ("change", "number", "reason"),
    [
        ("UPDATE activity_logs SET action = 'nothing.happened' WHERE org_id = $1 AND number = 3", 3, "it was changed"),
        ("UPDATE activity_logs SET actor = 'user:other' WHERE org_id = $1 AND number = 3", 3, "it was changed"),
        ("UPDATE activity_details SET details = '{}' WHERE org_id = $1 AND number = 3", 3, "its details were changed"),
        ("DELETE FROM activity_details WHERE org_id = $1 AND number = 3", 3, "its details were removed"),
        ("DELETE FROM activity_logs WHERE org_id = $1 AND number = 3", 4, "row 3 was removed"),
        ("DELETE FROM activity_logs WHERE org_id = $1 AND number < 3", 3, "row 1 was removed"),
        ("DELETE FROM activity_logs WHERE org_id = $1 AND number > 4", 5, "removed at the end"),
        ("DELETE FROM activity_logs WHERE org_id = $1", 1, "removed at the end"),
        ("UPDATE activity_logs SET number = number + 7 WHERE org_id = $1 AND number = 3", 4, "row 3 was removed"),
    ],
    ids=["action", "actor", "details", "details gone", "row gone", "first rows gone", "last rows gone", "all gone",
         "row moved"],
)  # fmt: skip
async def test_the_first_touched_row_is_named(teams, change, number, reason) -> None:
    ada = await teams.register()
    await put_down(teams, ada.org_id, 5)
    async with Tampering(teams) as execute:
        await execute(change, ada.org_id)
        found = (await verdict(teams, ada.org_id)).broken
    assert found is not None
    assert found.number == number
    assert reason in found.reason
    assert (await verdict(teams, ada.org_id)).broken is None


async def test_an_inserted_row_is_named(teams) -> None:
    ada = await teams.register()
    await put_down(teams, ada.org_id, 5)
    async with Tampering(teams) as execute:
        await execute("UPDATE activity_logs SET number = number + 100 WHERE org_id = $1 AND number > 3", ada.org_id)
        await execute("UPDATE activity_logs SET number = number - 99 WHERE org_id = $1 AND number > 100", ada.org_id)
        await execute(
            "INSERT INTO activity_logs SELECT org_id, 4, at, actor, on_behalf_of, 'member.removed', subject_type,"
            " subject_id, request_id, commitment, hash, hash FROM activity_logs WHERE org_id = $1 AND number = 3",
            ada.org_id,
        )
        found = (await verdict(teams, ada.org_id)).broken
    assert found is not None
    assert (found.number, found.reason) == (4, "it was changed")


async def test_a_chain_rewritten_as_a_whole_does_not_fit_its_checkpoint(teams) -> None:
    """Whoever can compute hashes and writes every table still lacks the key."""
    ada = await teams.register()
    await put_down(teams, ada.org_id, 5)
    await seal(teams)
    await seal(teams)
    assert (await verdict(teams, ada.org_id)).checkpoints == 1
    assert "not signed" in (await verdict(teams, ada.org_id, Seal([SigningKey.generate()]))).broken.reason
    async with Tampering(teams) as execute:
        for table in ("activity_logs", "activity_details", "activity_heads"):
            await execute(f"DELETE FROM {table} WHERE org_id = $1", ada.org_id)
        assert (await verdict(teams, ada.org_id)).broken.reason == "rows were removed at the end"
        await put_down(teams, ada.org_id, 6)
        found = (await verdict(teams, ada.org_id)).broken
    assert (found.number, found.reason) == (6, "it is not what its checkpoint says")


async def test_months_that_are_dropped_leave_a_signed_floor(teams, shift) -> None:
    ada, eve = await teams.register(), await teams.register()
    await put_down(teams, ada.org_id, 3)
    shift(days=62)
    await put_down(teams, ada.org_id, 2)
    first_of_month = (await teams.activity(ada.org_id))[-1]["at"].replace(day=1, hour=0, minute=0, second=0)
    async with teams.worker.transaction(Context("system:teams")) as tx:
        await drop_old_activity(tx, teams.settings.seal(), first_of_month)
    assert [row["number"] for row in await teams.activity(ada.org_id)] == [5, 6]
    assert await teams.activity(eve.org_id) == []
    for org_id in (ada.org_id, eve.org_id):
        assert (await verdict(teams, org_id)).broken is None
    async with Tampering(teams) as execute:
        await execute("DELETE FROM activity_logs WHERE org_id = $1 AND number = 5", ada.org_id)
        assert (await verdict(teams, ada.org_id)).broken.reason == "row 1 was removed before it"
    await put_down(teams, eve.org_id)
    assert (await verdict(teams, eve.org_id)).broken is None
    assert timedelta(days=62) == teams.clock.shift


@pytest.mark.parametrize("door", ["api", "worker"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE activity_logs SET action = 'x'",
        "DELETE FROM activity_logs",
        "TRUNCATE activity_logs",
        "UPDATE activity_details SET details = '{}'",
        "DELETE FROM activity_heads",
        "UPDATE activity_checkpoints SET hash = ''",
        "DELETE FROM activity_checkpoints",
        "SELECT create_activity_partitions(1)",
        "SELECT drop_activity_partitions(now())",
        "DELETE FROM activity_logs_default",
    ],
)
async def test_no_runtime_role_changes_or_removes_what_is_written(teams, door, statement) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with getattr(teams, door).transaction(Context("system:teams")) as tx:
            await tx.execute(statement)


async def test_the_api_role_neither_erases_nor_seals(teams) -> None:
    for statement in ("DELETE FROM activity_details", "SELECT * FROM activity_checkpoints",
                      "SELECT maintain_activity(now())"):  # fmt: skip
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with teams.api.transaction(Context("system:teams")) as tx:
                await tx.execute(statement)
