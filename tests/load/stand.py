"""The servers that a bench stands on, and the databases of each turn."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from local_stack.engines import Engines
from local_stack.service_databases import ServiceDatabases


@dataclass
class Stand:
    """Running engines. Of these pids the processor time is counted; there are none where they are in containers.

    `server_pids` are those of all servers, `postgres_pids` those of one.
    """

    engines: Engines
    directory: Path
    server_pids: Sequence[int] = ()
    postgres_pids: Sequence[int] = ()
    databases: ServiceDatabases = field(init=False)

    def __post_init__(self) -> None:
        self.databases = ServiceDatabases(self.engines.postgres_admin_url, self.engines.password)


@contextmanager
def private_stand() -> Iterator[Stand]:
    """Engines of this run's own, as durable as in production: fsync is on, Redis appends to its log."""
    directory = Path(tempfile.mkdtemp(prefix="engines-"))
    directory.chmod(0o711)
    with Engines(directory, durable=True) as engines, commit_times(engines):
        logs = directory / "programs"
        logs.mkdir()
        pids = [*engines.postgres.pids, *engines.rabbitmq.pids, *engines.redis.pids]
        yield Stand(engines, logs, pids, engines.postgres.pids)


@contextmanager
def commit_times(engines: Engines) -> Iterator[None]:
    """Let Postgres remember when each transaction committed: the one clock for all who are measured."""
    _set_and_restart(engines, "ALTER SYSTEM SET track_commit_timestamp = on")
    try:
        yield
    finally:
        _set_and_restart(engines, "ALTER SYSTEM RESET track_commit_timestamp")


def _set_and_restart(engines: Engines, statement: str) -> None:
    import psycopg

    with psycopg.connect(engines.postgres_admin_url, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[arg-type]
    engines.postgres.stop()
    engines.postgres.start()
