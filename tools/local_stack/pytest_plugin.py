"""Fixtures on real engines: started once a test run when the first test asks, private, on free ports, gone afterwards.

The engines are shared by the whole run; what a test may expect to be empty is its module's own database and vhost.
A test that stops an engine (`engines.rabbitmq.stop()`) starts it again before it ends; the data survives.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from local_stack.engine_kind import engines_class
from local_stack.engines import Engines

if TYPE_CHECKING:
    from local_stack.service_databases import ServiceDatabase, ServiceDatabases


@dataclass(frozen=True)
class Broker:
    """An empty vhost: `url` is amqp://…/vhost, `management_url` is the node's (the vhost is in `url` alone)."""

    url: str
    management_url: str
    vhost: str


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    """Postgres, RabbitMQ and Redis, each with `.stop()`, `.start()` and `.kill()` (blocking) for fault tests."""
    chosen, _ = engines_class()
    with chosen.temporary() as running:
        yield running


@pytest.fixture(scope="session")
def _service_databases(engines: Engines) -> "ServiceDatabases":
    from local_stack.service_databases import ServiceDatabases

    return ServiceDatabases(engines.postgres_admin_url, engines.password)


@pytest.fixture(scope="module")
def service_database(
    _service_databases: "ServiceDatabases",
) -> "Iterator[Callable[[str, Path | None], ServiceDatabase]]":
    """`service_database(service, migrations_directory)`: a migrated, empty database, dropped with the module.

    Without a directory it holds the chassis' tables alone. Each call makes another one.
    It is a plain call, also in async tests and fixtures.
    """
    made: list[ServiceDatabase] = []

    def create(service: str, migrations: Path | None) -> "ServiceDatabase":
        made.append(_service_databases.create(service, migrations))
        return made[-1]

    yield create
    for database in made:
        _service_databases.drop(database)


@pytest.fixture(scope="module")
def broker(engines: Engines) -> Iterator[Broker]:
    """A vhost of the module's own, so that its exchanges and queues meet no other module's."""
    vhost = f"test-{uuid4().hex[:12]}"
    url = engines.rabbitmq.create_vhost(vhost)
    yield Broker(url=url, management_url=engines.rabbitmq_management_url, vhost=vhost)
    engines.rabbitmq.delete_vhost(vhost)
