"""The service as it really runs: HTTP on a free port over its own Postgres database, under the api role."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import aiohttp
import asyncpg
import pyotp
import pytest
from cryptography.fernet import Fernet

from admin.app import MIGRATIONS, make_application
from admin.consumers import REACTIONS
from admin.domain.staff import Staff
from admin.settings import Settings
from admin.storage import staff as storage
from admin.tokens import hash_secret
from chassis.database import Context, Database
from chassis.inbox import Message, Reader
from chassis.keys import SigningKey
from chassis.passwords import Passwords
from chassis.second_factors import SeedVault, new_recovery_codes, new_seed
from chassis.testing import serving
from contracts.envelope import Envelope
from contracts.event import EventData
from contracts.ids import new_id
from contracts.permissions import AdminRole

PASSWORD = "seventeen green herons"
_numbers = count(1)


class ShiftedClock:
    """The machine's time, moved by what a test says; it never stands still."""

    def __init__(self) -> None:
        self.shift = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: Any
    cookies: Any

    @property
    def code(self) -> str:
        return str(self.body["code"])

    def ok(self, status: int = 200) -> Any:
        assert self.status == status, f"{self.status}: {self.body}"
        return self.body


@dataclass
class Colleague:
    """A member of our staff with an authenticator in hand."""

    staff: Staff
    seed: str
    recovery_codes: list[str]
    token: str = ""
    cookie: str = field(default="", repr=False)

    @property
    def email(self) -> str:
        return self.staff.email

    @property
    def actor(self) -> str:
        return f"admin:{self.staff.id}"


@dataclass
class Admin:
    """The running service and its surroundings."""

    url: str
    http: aiohttp.ClientSession
    clock: ShiftedClock
    settings: Settings
    superuser: asyncpg.Connection
    api: Database
    worker: Database
    owner: Database
    vault: SeedVault
    urls: Any
    password_hash: str
    password: str = PASSWORD

    async def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **headers: str
    ) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        async with self.http.request(method, self.url + path, json=body, headers=sent) as answer:
            text = await answer.text()
            return Answer(answer.status, json.loads(text) if text else None, answer.headers, answer.cookies)

    async def hire(self, role: AdminRole = AdminRole.SUPERADMIN) -> Colleague:
        """A new colleague; there is no invitation yet, so by the owner's door."""
        person = Staff(new_id(), f"staff{next(_numbers)}@ours.example", "Grace Hopper", role, "active")
        seed, codes = new_seed(), new_recovery_codes()
        async with self.owner.transaction(Context("system:admin")) as tx:
            sealed = self.vault.seal(person.id, seed)
            assert await storage.insert_staff(tx, person, password_hash=self.password_hash, seed=sealed)
            hashes = [hash_secret(code.replace("-", "")) for code in codes]
            await storage.insert_recovery_codes(tx, person.id, hashes)
        return Colleague(person, seed, codes)

    def code(self, person: Colleague, steps: int = 0) -> str:
        """What the authenticator shows now, or so many half minutes later."""
        return pyotp.TOTP(person.seed).at(self.clock.now() + timedelta(seconds=30 * steps))

    async def challenge(self, person: Colleague) -> str:
        body = {"email": person.email, "password": PASSWORD}
        return str((await self.call("POST", "/admin/v1/auth/login", body)).ok()["challenge"])

    async def sign_in(self, person: Colleague) -> Colleague:
        body = {"challenge": await self.challenge(person), "code": self.code(person)}
        answer = await self.call("POST", "/admin/v1/auth/totp", body)
        person.token = answer.ok()["access_token"]
        person.cookie = answer.cookies["admin_refresh_token"].value
        return person

    async def colleague(self, role: AdminRole = AdminRole.SUPERADMIN) -> Colleague:
        """Hired and signed in."""
        return await self.sign_in(await self.hire(role))

    async def rows(self, **where: str) -> list[dict[str, Any]]:
        """Audit rows with their details, in order."""
        found = await self.superuser.fetch(
            "SELECT l.*, d.details FROM admin_audit_logs l JOIN admin_audit_details d USING (id) ORDER BY day, number"
        )
        rows = [dict(row) | {"details": json.loads(row["details"])} for row in found]
        return [row for row in rows if all(row[name] == value for name, value in where.items())]

    async def tell(self, event: EventData, *, sequence: int = 1, org_id: UUID | None = None) -> Envelope:
        """Let the worker handle an event, as the bus would."""
        envelope = Envelope.around(
            event,
            id=new_id(),
            source="/services/teams",
            time=self.clock.now(),
            sequence=sequence,
            actor="system:teams",
            correlationid="test",
            orgid=org_id,
        )
        received = Reader(REACTIONS).read(Message(envelope.to_json()))
        async with self.worker.transaction(received.context) as tx:
            await received.handle(tx)
        return envelope


def make_settings(database: Any, **changes: Any) -> Settings:
    values = {
        "database_api_url": database.api_url,
        "database_worker_url": database.worker_url,
        "database_owner_url": database.owner_url,
        "rabbitmq_url": "amqp://nobody@127.0.0.1:1/",
        "rabbitmq_management_url": "http://nobody@127.0.0.1:1",
        "internal_signing_key": SigningKey.generate().private_text,
        "admin_signing_keys": [SigningKey.generate().private_text],
        "totp_seed_keys": [Fernet.generate_key().decode()],
        "public_url": "http://localhost:8080",
    }
    return Settings.model_validate(values | changes)


@pytest.fixture(scope="session")
async def password_hash() -> str:
    passwords = Passwords()
    try:
        return await passwords.hash(PASSWORD)
    finally:
        passwords.close()


@pytest.fixture(scope="module")
async def admin(service_database: Callable[..., Any], password_hash: str) -> AsyncIterator[Admin]:
    urls, clock = service_database("admin", MIGRATIONS), ShiftedClock()
    settings = make_settings(urls)
    async with AsyncExitStack() as stack:
        app = await make_application(settings, stack, clock)
        url = await stack.enter_async_context(serving(app))
        http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        superuser = await asyncpg.connect(urls.admin_url, server_settings={"search_path": "admin"})
        stack.push_async_callback(superuser.close)
        doors = []
        for door_url in (urls.api_url, urls.worker_url, urls.owner_url):
            door = await Database.connect(door_url, service="admin", clock=clock, size=2)
            stack.push_async_callback(door.close)
            doors.append(door)
        vault = SeedVault([key.get_secret_value() for key in settings.totp_seed_keys])
        api, worker, owner = doors
        yield Admin(url, http, clock, settings, superuser, api, worker, owner, vault, urls, password_hash)


@pytest.fixture
def shift(admin: Admin) -> Any:
    """Move the service's clock for one test: `shift(minutes=11)`; it is set right again afterwards."""

    def move(**amount: float) -> None:
        admin.clock.shift += timedelta(**amount)

    yield move
    admin.clock.shift = timedelta(0)
