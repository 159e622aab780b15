"""The second wall: what the api role can reach by SQL, whatever a query forgets to ask."""

import shutil
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from chassis.database import Context
from chassis.migrate import migrate
from contracts.ids import new_id
from teams.app import MIGRATIONS

TENANT_TABLES = [
    "users",
    "organizations",
    "memberships",
    "team_invitations",
    "sessions",
    "refresh_tokens",
    "mailed_links",
    "known_devices",
    "second_factors",
    "recovery_codes",
    "mfa_challenges",
]
ACTIVITY_TABLES = ["activity_logs", "activity_details", "activity_heads"]
COUNT = "SELECT count(*) FROM {}"


async def count(teams, table, **context) -> int:
    column = "id" if table == "users" else "*"
    async with teams.api.transaction(Context("user:test", **context)) as tx:
        return int(await tx.fetchval(f"SELECT count({column}) FROM {table}"))


@pytest.fixture(scope="module")
async def people(teams):
    ada, eve = await teams.register(), await teams.register()
    bob = await teams.add_member(ada)
    await teams.invite(ada, teams.new_email())
    await teams.invite(eve, teams.new_email())
    return ada, bob, eve


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_without_anybody_nothing_is_seen(teams, people, table) -> None:
    assert await count(teams, table) == 0


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_for_somebody_unknown_nothing_is_seen(teams, people, table) -> None:
    assert await count(teams, table, org_id=new_id(), user_id=new_id()) == 0


@pytest.mark.parametrize("table", ACTIVITY_TABLES)
async def test_nobody_sees_another_organizations_activity(teams, people, table) -> None:
    ada, _, eve = people
    for context in ({}, {"org_id": new_id(), "user_id": ada.user_id}):
        assert await count(teams, table, **context) == 0
    async with teams.api.transaction(Context("user:test", org_id=eve.org_id)) as tx:
        assert {row["org_id"] for row in await tx.fetch(f"SELECT org_id FROM {table}")} == {eve.org_id}


async def test_users_are_oneself_and_fellow_members(teams, people) -> None:
    ada, bob, eve = people
    assert await count(teams, "users", user_id=ada.user_id) == 1
    assert await count(teams, "users", user_id=eve.user_id, org_id=eve.org_id) == 1
    async with teams.api.transaction(Context("user:test", org_id=ada.org_id, user_id=ada.user_id)) as tx:
        seen = {row["id"] for row in await tx.fetch("SELECT id FROM users")}
    assert seen == {ada.user_id, bob.user_id}


async def test_an_organization_sees_its_own_rows(teams, people) -> None:
    ada, bob, eve = people
    for org_id, members in ((ada.org_id, 2), (eve.org_id, 1)):
        assert await count(teams, "organizations", org_id=org_id) == 1
        assert await count(teams, "memberships", org_id=org_id) == members
    assert await count(teams, "team_invitations", org_id=eve.org_id) == 1
    assert await count(teams, "sessions", user_id=bob.user_id, org_id=ada.org_id) == 1


async def test_nobody_reads_password_hashes_or_selects_all_columns(teams, people) -> None:
    ada = people[0]
    for column in ("*", "password_hash"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with teams.api.transaction(Context("user:test", user_id=ada.user_id)) as tx:
                await tx.fetch(f"SELECT {column} FROM users")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE users SET name = 'x' WHERE id = $1 AND $2::uuid IS NOT NULL",
        "UPDATE memberships SET role = 'owner' WHERE user_id = $1 AND org_id = $2",
        "UPDATE organizations SET name = 'x' WHERE id = $2 AND $1::uuid IS NOT NULL",
        "UPDATE team_invitations SET role = 'owner' WHERE org_id = $2 AND $1::uuid IS NOT NULL",
        "UPDATE sessions SET revoked_at = now() WHERE user_id = $1 AND $2::uuid IS NOT NULL",
        "DELETE FROM refresh_tokens WHERE user_id = $1 AND $2::uuid IS NOT NULL",
    ],
)
async def test_nobody_writes_over_the_wall(teams, people, statement) -> None:
    ada, _, eve = people
    async with teams.api.transaction(Context("user:test", org_id=eve.org_id, user_id=eve.user_id)) as tx:
        assert await tx.execute(statement, ada.user_id, ada.org_id) == 0


async def test_nobody_plants_a_membership_in_a_foreign_organization(teams, people) -> None:
    ada, _, eve = people
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with teams.api.transaction(Context("user:test", org_id=eve.org_id, user_id=eve.user_id)) as tx:
            await tx.execute(
                "INSERT INTO memberships (id, org_id, user_id, role, state, joined_at)"
                " VALUES ($1, $2, $3, 'owner', 'active', now())",
                new_id(),
                ada.org_id,
                eve.user_id,
            )


@pytest.mark.parametrize("table", ["users", "organizations", "memberships", "team_invitations", "sessions"])
async def test_the_api_role_deletes_nothing_that_is_history(teams, people, table) -> None:
    ada = people[0]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with teams.api.transaction(Context("user:test", org_id=ada.org_id, user_id=ada.user_id)) as tx:
            await tx.execute(f"DELETE FROM {table}")


async def test_a_temporary_table_cannot_stand_in_for_ours(teams, people) -> None:
    """If the role may make one at all, the look-ups of the owner must not read it."""
    async with teams.admin.transaction():
        await teams.admin.execute(
            "GRANT TEMPORARY ON DATABASE " + await teams.admin.fetchval("SELECT current_database()") + " TO teams_api"
        )
    try:
        async with teams.api.transaction(Context("user:test")) as tx:
            await tx.execute("CREATE TEMPORARY TABLE users (id uuid, email text, password_hash text)")
            await tx.execute("INSERT INTO users VALUES ($1, 'planted@example.com', 'x')", new_id())
            assert await tx.fetch("SELECT * FROM account_by_email('planted@example.com')") == []
    finally:
        await teams.admin.execute(
            "REVOKE TEMPORARY ON DATABASE "
            + await teams.admin.fetchval("SELECT current_database()")
            + " FROM teams_api"
        )


async def test_look_ups_take_exact_secrets(teams, people) -> None:
    ada = people[0]
    async with teams.api.transaction(Context("user:test")) as tx:
        assert len(await tx.fetch("SELECT * FROM account_by_email($1)", ada.email)) == 1
        for pattern in ("%", "", "person%", "_"):
            assert await tx.fetch("SELECT * FROM account_by_email($1)", pattern) == []
        assert await tx.fetch("SELECT * FROM own_organizations()") == []


async def test_lists_walk_along_an_index(teams, people) -> None:
    ada = people[0]
    async with teams.admin.transaction():
        await teams.admin.execute("SET LOCAL enable_seqscan = off")
        await teams.admin.execute("SET LOCAL enable_sort = off")
        plan = await teams.admin.fetch(
            "EXPLAIN SELECT id FROM memberships WHERE org_id = $1 AND state = 'active'"
            " AND (joined_at, id) > (now(), $2) ORDER BY joined_at, id LIMIT 26",
            ada.org_id,
            new_id(),
        )
        assert "memberships_listed" in str(plan)
        plan = await teams.admin.fetch(
            "EXPLAIN SELECT id FROM team_invitations WHERE org_id = $1 AND id < $2 ORDER BY id DESC LIMIT 26",
            ada.org_id,
            new_id(),
        )
        assert "team_invitations_listed" in str(plan)


async def sign_in_of_before(admin: asyncpg.Connection, confirmed: datetime | None, provider_of: UUID | None) -> UUID:
    """A session of a new person, whose second factor is as given, by the provider of that organization if any."""
    person, session = new_id(), new_id()
    await admin.execute(
        "INSERT INTO users (id, email, name, locale, time_zone, email_verified, created_at)"
        " VALUES ($1, $2, 'Ada', 'en', 'UTC', true, now())",
        person,
        f"{person}@example.com",
    )
    await admin.execute(
        "INSERT INTO second_factors (user_id, seed, created_at, confirmed_at) VALUES ($1, '', now(), $2)",
        person,
        confirmed,
    )
    await admin.execute(
        "INSERT INTO sessions (id, user_id, client, used_at, expires_at, created_at)"
        " VALUES ($1, $2, 'api', now(), now() + interval '1 day', now())",
        session,
        person,
    )
    if provider_of is not None:
        await admin.execute(
            "INSERT INTO sso_sessions (session_id, org_id, methods) VALUES ($1, $2, '{}')", session, provider_of
        )
    return session


async def test_sign_ins_from_before_step_up_have_shown_what_signing_in_asked_for(service_database, tmp_path) -> None:
    """By password always; by a provider it is not known. Whoever has no second factor has shown none."""
    for file in MIGRATIONS.glob("*.sql"):
        if file.name < "0096":
            shutil.copy(file, tmp_path)
    database = service_database("teams", tmp_path)
    admin = await asyncpg.connect(database.admin_url, server_settings={"search_path": "teams"})
    on, org = datetime(2026, 7, 1, tzinfo=UTC), new_id()
    await admin.execute(
        "INSERT INTO organizations (id, name, slug, locale, time_zone, created_by, created_at)"
        " VALUES ($1, 'Engines', 'engines', 'en', 'UTC', $1, now())",
        org,
    )
    expected = {}
    for confirmed, by_provider in ((on, False), (on, True), (None, False)):
        session = await sign_in_of_before(admin, confirmed, org if by_provider else None)
        expected[session] = None if by_provider else confirmed
    assert "0096_step_up" in migrate(database.owner_url, service="teams", directory=MIGRATIONS)
    stored = {row["id"]: row["shown_factor"] for row in await admin.fetch("SELECT id, shown_factor FROM sessions")}
    await admin.close()
    assert stored == expected
