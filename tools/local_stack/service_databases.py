"""A fresh, migrated database for each test module, copied from a template that is built once a test run."""

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

from chassis.migrate import migrate
from chassis.provision import provision

R = TypeVar("R")
ROLES = ("owner", "api", "worker")


@dataclass(frozen=True)
class ServiceDatabase:
    """One database with one service's schema, and its three doors. `admin_url` is the superuser's, in this database."""

    service: str
    name: str
    admin_url: str
    owner_url: str
    api_url: str
    worker_url: str


class ServiceDatabases:
    """Makes and drops service databases. Blocking, also inside a running event loop: it works in its own thread."""

    def __init__(self, admin_url: str, password: str) -> None:
        self._admin_url = admin_url
        self._password = password
        self._templates: dict[tuple[str, str], str] = {}
        self._mark = uuid4().hex[:8]

    def create(self, service: str, migrations: Path | None) -> ServiceDatabase:
        """A database of its own for the caller: provisioned, migrated, empty."""
        return _in_own_thread(lambda: self._create(service, migrations))

    def drop(self, database: ServiceDatabase) -> None:
        """Drop it, ending the sessions that are still open on it."""
        _in_own_thread(lambda: self._execute(f'DROP DATABASE IF EXISTS "{database.name}" WITH (FORCE)'))

    def drop_templates(self) -> None:
        """Drop what `create` copied from."""
        for name in self._templates.values():
            statement = f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
            _in_own_thread(lambda statement=statement: self._execute(statement))  # type: ignore[misc]
        self._templates.clear()

    def _create(self, service: str, migrations: Path | None) -> ServiceDatabase:
        template = self._template(service, migrations)
        database = self._describe(service, f"{service}_{self._mark}_{uuid4().hex[:8]}")
        self._execute(f'CREATE DATABASE "{database.name}" TEMPLATE "{template}"')
        self._provision(database)  # a database's own privileges and settings are not copied
        return database

    def _template(self, service: str, migrations: Path | None) -> str:
        key = (service, _fingerprint(migrations))
        if key not in self._templates:
            database = self._describe(service, f"template_{service}_{self._mark}_{key[1]}")
            self._execute(f'CREATE DATABASE "{database.name}"')
            self._provision(database)
            migrate(database.owner_url, service=service, directory=migrations)
            self._templates[key] = database.name
        return self._templates[key]

    def _provision(self, database: ServiceDatabase) -> None:
        passwords = dict.fromkeys(ROLES, self._password)
        _run(provision(database.admin_url, service=database.service, passwords=passwords))

    def _execute(self, statement: str) -> None:
        _run(_execute(self._admin_url, statement))

    def _describe(self, service: str, name: str) -> ServiceDatabase:
        urls = {f"{role}_url": self._url(f"{service}_{role}", name) for role in ROLES}
        return ServiceDatabase(service=service, name=name, admin_url=_with_path(self._admin_url, name), **urls)

    def _url(self, role: str, database: str) -> str:
        address = urlsplit(self._admin_url).netloc.rpartition("@")[2]
        return f"postgresql://{role}:{self._password}@{address}/{database}"


def _with_path(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def _fingerprint(migrations: Path | None) -> str:
    """Names a set of migrations: another content is another template."""
    digest = hashlib.sha256()
    for file in sorted(migrations.glob("*.sql")) if migrations is not None else ():
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:8]


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _run(work: Coroutine[Any, Any, R]) -> R:
    return asyncio.run(work)


def _in_own_thread(work: Callable[[], R]) -> R:
    """`asyncio.run` is refused where a loop runs already, as in an async test."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()
