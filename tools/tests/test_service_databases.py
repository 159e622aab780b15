"""Each test module gets a database of its own, cheaply."""

from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from local_stack.service_databases import ServiceDatabase

Make = Callable[[str, Path | None], ServiceDatabase]


@pytest.fixture(scope="module")
def migrations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("migrations")
    (directory / "0001_notes.sql").write_text("CREATE TABLE notes (id int PRIMARY KEY);\n")
    return directory


@pytest.fixture
def make(service_database: Make) -> Make:
    return service_database


async def test_a_database_has_the_tables_of_the_service_and_of_the_chassis(make: Make, migrations: Path) -> None:
    database = make("sampled", migrations)
    for url in (database.api_url, database.worker_url):
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("SELECT count(*) FROM notes") == 0
        assert await connection.fetchval("SELECT to_regclass('sampled.outbox')") is not None
        await connection.close()


async def test_two_databases_of_one_service_do_not_share_rows(make: Make, migrations: Path) -> None:
    first, second = make("sampled", migrations), make("sampled", migrations)
    connection = await asyncpg.connect(first.worker_url)
    await connection.execute("INSERT INTO notes VALUES (1)")
    await connection.close()
    connection = await asyncpg.connect(second.worker_url)
    assert await connection.fetchval("SELECT count(*) FROM notes") == 0
    await connection.close()
