"""Migrations on a real Postgres: each file once, whole or not at all, whoever else migrates."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest
from yoyo.exceptions import BadMigration

from chassis.migrate import migrate

SERVICE = "migrated"


@pytest.fixture
def urls(service_database: Any, tmp_path: Path) -> Any:
    empty = tmp_path / "none"
    empty.mkdir()
    return service_database(SERVICE, empty)


def write(directory: Path, **files: str) -> Path:
    directory.mkdir(exist_ok=True)
    for name, sql in files.items():
        (directory / f"{name}.sql").write_text(sql)
    return directory


async def tables(urls: Any) -> set[str]:
    connection = await asyncpg.connect(urls.owner_url)
    try:
        rows = await connection.fetch(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = $1", SERVICE
        )
        return {row["table_name"] for row in rows}
    finally:
        await connection.close()


async def test_files_are_applied_in_order_and_once(urls: Any, tmp_path: Path) -> None:
    directory = write(tmp_path / "sql", _0001_a="CREATE TABLE a (x int);", _0002_b="ALTER TABLE a ADD y int;")
    assert migrate(urls.owner_url, service=SERVICE, directory=directory) == ["_0001_a", "_0002_b"]
    assert migrate(urls.owner_url, service=SERVICE, directory=directory) == []
    write(directory, _0003_c="CREATE TABLE c (x int);")
    assert migrate(urls.owner_url, service=SERVICE, directory=directory) == ["_0003_c"]
    assert {"a", "c", "outbox", "inbox"} <= await tables(urls)


async def test_a_file_that_fails_leaves_nothing_and_can_be_mended(urls: Any, tmp_path: Path) -> None:
    directory = write(tmp_path / "sql", _0001_a="CREATE TABLE a (x int); CREATE TABLE a (x int);")
    with pytest.raises(psycopg.Error, match="already exists"):
        migrate(urls.owner_url, service=SERVICE, directory=directory)
    assert "a" not in await tables(urls)
    write(directory, _0001_a="CREATE TABLE a (x int);")
    assert migrate(urls.owner_url, service=SERVICE, directory=directory) == ["_0001_a"]


async def test_many_processes_may_migrate_at_once(urls: Any, tmp_path: Path) -> None:
    directory = write(tmp_path / "sql", _0001_a="CREATE TABLE a (x int);", _0002_b="CREATE TABLE b (x int);")
    runs = [asyncio.to_thread(migrate, urls.owner_url, service=SERVICE, directory=directory) for _ in range(4)]
    assert sorted(map(len, await asyncio.gather(*runs))) == [0, 0, 0, 2]


async def test_a_migration_killed_on_its_way_leaves_no_lock_and_no_half(urls: Any, tmp_path: Path) -> None:
    directory = write(tmp_path / "sql", _0001_a="CREATE TABLE a (x int); SELECT pg_sleep(60);")
    running = asyncio.create_task(asyncio.to_thread(migrate, urls.owner_url, service=SERVICE, directory=directory))
    await _terminate_sleeper(urls)
    with pytest.raises(psycopg.OperationalError):
        await running
    assert "a" not in await tables(urls)
    write(directory, _0001_a="CREATE TABLE a (x int);")
    assert migrate(urls.owner_url, service=SERVICE, directory=directory) == ["_0001_a"]


async def _terminate_sleeper(urls: Any) -> None:
    connection = await asyncpg.connect(urls.admin_url)
    try:
        while not await connection.fetchval(  # noqa: ASYNC110 - it lies in another process
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' "
            "AND wait_event = 'PgSleep' AND datname = current_database()"
        ):
            await asyncio.sleep(0.01)
    finally:
        await connection.close()


async def test_a_file_outside_a_transaction_and_an_absent_folder_are_refused(urls: Any, tmp_path: Path) -> None:
    directory = write(tmp_path / "sql", _0001_a="-- transactional: false\nCREATE TABLE a (x int);")
    with pytest.raises(BadMigration, match="outside a transaction"):
        migrate(urls.owner_url, service=SERVICE, directory=directory)
    with pytest.raises(BadMigration, match="no such directory"):
        migrate(urls.owner_url, service=SERVICE, directory=tmp_path / "absent")
