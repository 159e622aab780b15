"""Row-level security and the three roles, on a real Postgres; a start with a role that may too much is refused."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis.database import Context, Database
from chassis.provision import provision
from chassis.roles import verify_roles
from chassis.settings import StartRefused
from contracts.ids import new_id

SERVICE = "walled"
TABLES = """
CREATE TABLE things (id int, org_id uuid NOT NULL);
CREATE TABLE personal (id int, user_id uuid NOT NULL, org_id uuid);
DO $do$ BEGIN
    PERFORM protect_by_organization('things');
    PERFORM protect_by_user('personal');
END $do$;
"""
Open = Callable[[str], Awaitable[Database]]


@pytest.fixture
def urls(service_database: Any, tmp_path: Path) -> Any:
    (tmp_path / "0001_walled.sql").write_text(TABLES)
    return service_database(SERVICE, tmp_path)


@pytest.fixture
async def door(urls: Any) -> AsyncIterator[Open]:
    opened: list[Database] = []

    async def connect(url: str) -> Database:
        opened.append(await Database.connect(url, service=SERVICE, size=2))
        return opened[-1]

    yield connect
    for database in opened:
        await database.close()


async def as_admin(urls: Any, *statements: str) -> None:
    connection = await asyncpg.connect(urls.admin_url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def context(org: UUID | None = None, user: UUID | None = None) -> Context:
    return Context(actor="user:tester", org_id=org, user_id=user)


async def test_the_api_sees_its_organization_and_the_worker_all(urls: Any, door: Open) -> None:
    ours, theirs = new_id(), new_id()
    api, worker = await door(urls.api_url), await door(urls.worker_url)
    for org in (ours, theirs):
        async with api.transaction(context(org)) as tx:
            await tx.execute("INSERT INTO things VALUES (1, $1)", org)
    async with api.transaction(context(ours)) as tx:
        assert [row["org_id"] for row in await tx.fetch("SELECT * FROM things")] == [ours]
        assert await tx.execute("DELETE FROM things WHERE org_id = $1", theirs) == 0
    async with api.transaction(context()) as tx:
        assert await tx.fetchval("SELECT count(*) FROM things") == 0
    async with worker.transaction(context()) as tx:
        assert await tx.fetchval("SELECT count(*) FROM things") == 2


async def test_the_api_cannot_write_into_another_organization(urls: Any, door: Open) -> None:
    api = await door(urls.api_url)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with api.transaction(context(new_id())) as tx:
            await tx.execute("INSERT INTO things VALUES (1, $1)", new_id())


async def test_personal_rows_are_seen_by_their_person_in_their_organization(urls: Any, door: Open) -> None:
    user, org = new_id(), new_id()
    async with (await door(urls.worker_url)).transaction(context()) as tx:
        rows = [(1, user, org), (2, user, None), (3, user, new_id()), (4, new_id(), org)]
        await tx.executemany("INSERT INTO personal VALUES ($1, $2, $3)", rows)
    async with (await door(urls.api_url)).transaction(context(org, user)) as tx:
        assert [row["id"] for row in await tx.fetch("SELECT id FROM personal ORDER BY id")] == [1, 2]


@pytest.mark.parametrize("table", ["inbox", "failed_messages", "schedules", "applied_migrations", "outbox"])
async def test_the_api_cannot_read_what_delivery_keeps(urls: Any, door: Open, table: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with (await door(urls.api_url)).transaction(context()) as tx:
            await tx.fetch(f"SELECT * FROM {table}")


async def test_no_door_can_change_the_schema(urls: Any, door: Open) -> None:
    for url in (urls.api_url, urls.worker_url):
        for statement in ("CREATE TABLE t (x int)", "DROP TABLE things", "CREATE TABLE public.t (x int)"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with (await door(url)).transaction(context()) as tx:
                    await tx.execute(statement)


async def test_the_roles_as_provisioned_are_accepted(urls: Any, door: Open) -> None:
    await verify_roles(await door(urls.api_url), "api")
    await verify_roles(await door(urls.worker_url), "worker")


async def test_the_owner_and_the_superuser_are_refused(urls: Any, door: Open) -> None:
    with pytest.raises(StartRefused, match="owns"):
        await verify_roles(await door(urls.owner_url), "api")
    with pytest.raises(StartRefused, match="is a superuser"):
        await verify_roles(await door(urls.admin_url), "worker")
    with pytest.raises(StartRefused, match="is not walled_api"):
        await verify_roles(await door(urls.worker_url), "api")


async def test_an_unprotected_table_is_refused(urls: Any, door: Open) -> None:
    owner = await asyncpg.connect(urls.owner_url)
    await owner.execute("CREATE TABLE forgotten (org_id uuid)")
    await owner.close()
    with pytest.raises(StartRefused, match="not forced: forgotten"):
        await verify_roles(await door(urls.api_url), "api")


async def test_a_way_into_another_schema_is_refused(urls: Any, door: Open) -> None:
    await provision(urls.admin_url, service="neighbour", passwords={"owner": "o", "api": "a", "worker": "w"})
    await verify_roles(await door(urls.api_url), "api")
    await as_admin(
        urls,
        "CREATE TABLE neighbour.secrets (x int)",
        "GRANT USAGE ON SCHEMA neighbour TO walled_api",
        "GRANT SELECT ON neighbour.secrets TO walled_api",
    )
    with pytest.raises(StartRefused, match="another schema: neighbour"):
        await verify_roles(await door(urls.api_url), "api")


async def test_a_schema_without_tables_says_what_to_do(urls: Any, door: Open) -> None:
    await as_admin(urls, "DROP SCHEMA walled CASCADE")
    await provision(urls.admin_url, service=SERVICE, passwords=dict.fromkeys(("owner", "api", "worker"), "unchanged"))
    await as_admin(
        urls, *(f"ALTER ROLE walled_{role} PASSWORD '{_password(urls)}'" for role in ("owner", "api", "worker"))
    )
    with pytest.raises(StartRefused, match="run `migrate` first"):
        await verify_roles(await door(urls.api_url), "api")


def _password(urls: Any) -> str:
    return str(urls.api_url.split("@")[0].rpartition(":")[2])


async def test_a_name_that_cannot_be_a_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot name a schema"):
        await provision("postgresql://nowhere", service='x"; DROP', passwords={})
