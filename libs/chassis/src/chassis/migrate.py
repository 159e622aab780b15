"""Applies SQL files to a service's schema: the chassis' own first, then the service's, each file once and whole.

yoyo reads, orders and records them (docs/decisions/0002-migrations.md). Two of its habits are replaced: it applies a
file and records it in two transactions, so that a crash between them leaves a file that can never be applied again; and
it guards with a row that a killed process leaves behind. Here both happen in one transaction, under an advisory lock
that dies with its session.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from yoyo import read_migrations  # type: ignore[import-untyped]
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend  # type: ignore[import-untyped]
from yoyo.connections import parse_uri  # type: ignore[import-untyped]
from yoyo.exceptions import BadMigration  # type: ignore[import-untyped]
from yoyo.migrations import Migration, MigrationList  # type: ignore[import-untyped]

from contracts.ids import new_id

CHASSIS_MIGRATIONS = Path(__file__).parent / "migrations"
_TABLE = "applied_migrations"


class _Backend(PostgresqlPsycopgBackend):  # type: ignore[misc]
    """yoyo's Postgres backend on one connection: a file and the record of it commit together."""

    def apply_one(self, migration: Migration, force: bool = False, mark: bool = True) -> None:
        with self.transaction():
            migration.process_steps(self, "apply", force=force)
            self.log_migration(migration, "apply")
            if mark:
                self.mark_one(migration, log=False)

    def get_log_data(self, migration: Migration | None = None, operation: str = "apply") -> dict[str, Any]:
        """As yoyo's, but without asking a name server for this host or the system for a user it may not know."""
        return {
            "id": str(new_id()),
            "migration_id": migration.id if migration else None,
            "migration_hash": migration.hash if migration else None,
            "username": self.uri.username,
            "hostname": socket.gethostname(),
            "created_at_utc": datetime.now(UTC).replace(tzinfo=None),
            "operation": operation,
        }

    @contextmanager
    def lock(self, timeout: float = 0) -> Iterator[None]:  # noqa: ARG002 - yoyo passes it
        """The caller holds the advisory lock already."""
        yield


def migrate(owner_url: str, *, service: str, directory: Path | None) -> list[str]:
    """Apply what is missing; returns the names of the files applied, in order. Blocking; concurrent callers take turns.

    `directory` holds the service's own `NNNN_name.sql` (None: the chassis' tables alone). Raises yoyo's BadMigration
    for a file that cannot be read or asks to run outside a transaction, psycopg.Error for one that fails (rolled back).
    """
    backend = _Backend(_uri(owner_url, service), _TABLE)
    with backend:
        backend.execute(
            "SELECT pg_advisory_lock(hashtext('chassis.migrate'), hashtext(:service))", {"service": service}
        )
        backend.ensure_internal_schema_updated()
        backend.execute(f"REVOKE ALL ON {_TABLE}, _yoyo_log, _yoyo_version FROM {service}_api, {service}_worker")
        applied: list[str] = []
        for folder in (CHASSIS_MIGRATIONS, directory):
            if folder is not None:
                applied += _apply(backend, _ordered(folder))
        return applied


def _uri(owner_url: str, service: str) -> Any:
    uri = parse_uri(owner_url)
    return uri._replace(scheme="postgresql+psycopg", args={**uri.args, "schema": service})


def _ordered(directory: Path) -> MigrationList:
    if not directory.is_dir():
        raise BadMigration(f"no such directory: {directory}")
    found = read_migrations(str(directory))
    for migration in found:
        migration.load()
        if not migration.use_transactions:
            raise BadMigration(
                f"{migration.path} asks to run outside a transaction, which a crash would leave half done"
            )
    return found


def _apply(backend: _Backend, migrations: MigrationList) -> list[str]:
    missing = backend.to_apply(migrations)
    for migration in missing:
        backend.apply_one(migration)
    return [migration.id for migration in missing]
