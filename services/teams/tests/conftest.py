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
import pytest
from cryptography.fernet import Fernet

from chassis.blobs import Blobs
from chassis.database import Context, Database
from chassis.internal import InternalSigner
from chassis.keys import SigningKey
from chassis.scheduler import Schedule, Scheduler
from chassis.sealing import new_keypair, open_sealed
from chassis.second_factors import CODE_SECONDS, code_at
from chassis.testing import serving
from teams.app import MIGRATIONS, make_application
from teams.jobs import schedules
from teams.settings import Settings

PASSWORD = "a quiet harbour at dawn"
PUBLIC_URL = "http://localhost:8080"
_numbers = count(1)


class ShiftedClock:
    """The machine's time, moved by what a test says; it never stands still, so no two instants are equal."""

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


@dataclass
class Person:
    """Somebody signed in, as kind `api`."""

    email: str
    user_id: UUID
    org_id: UUID
    token: str
    refresh_token: str
    body: dict[str, Any] = field(repr=False, default_factory=dict)


@dataclass
class Teams:
    """The running service and its surroundings."""

    url: str
    http: aiohttp.ClientSession
    clock: ShiftedClock
    settings: Settings
    admin: asyncpg.Connection
    api: Database
    worker: Database
    mail_key: str
    internal_key: SigningKey
    admin_key: SigningKey
    owner_url: str
    password: str = PASSWORD
    public_url: str = PUBLIC_URL

    def new_email(self) -> str:
        return new_email()

    async def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **headers: str
    ) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        async with self.http.request(method, self.url + path, json=body, headers=sent) as answer:
            text = await answer.text()
            return Answer(answer.status, json.loads(text) if text else None, answer.headers, answer.cookies)

    async def register(self, email: str | None = None, **fields: Any) -> Person:
        email = email or new_email()
        body = {"email": email, "password": PASSWORD, "name": "Ada Lovelace", "client": "api"}
        if "invitation_token" not in fields:
            body["organization_name"] = f"Analytical Engines {next(_numbers)}"
        answer = await self.call("POST", "/v1/auth/register", body | fields)
        assert answer.status == 201, answer.body
        return person_of(email, answer.body)

    async def log_in(self, person: Person) -> Person:
        body = {"email": person.email, "password": PASSWORD, "client": "api"}
        answer = await self.call("POST", "/v1/auth/login", body)
        assert answer.status == 200, answer.body
        return person_of(person.email, answer.body)

    async def invite(self, by: Person, email: str, role: str = "member") -> dict[str, Any]:
        answer = await self.call("POST", "/v1/invitations", {"email": email, "role": role}, token=by.token)
        assert answer.status == 201, answer.body
        return dict(answer.body)

    async def link_token(self, email: str) -> str:
        """The newest invitation's token for an address: opened as notifier would."""
        return str((await self.mails(email, "invitation"))[-1]["token"])

    async def mails(self, email: str, kind: str) -> list[dict[str, Any]]:
        """What was sealed for an address, oldest first; `kind` as of the command, or `invitation`."""
        sent = [c["data"] for c in await self.mail_commands() if c["data"]["email"].lower() == email.lower()]
        return [data for data in sent if data.get("kind", "invitation") == kind]

    async def farewells(self, email: str) -> list[dict[str, Any]]:
        """What confirms to an address that its account has ended."""
        sent = await self.mail_commands()
        return [c["data"] for c in sent if c["type"] == "farewell_email.send" and c["data"]["email"] == email]

    def jobs(self) -> list[Schedule]:
        return schedules(
            self.settings.seal(),
            self.settings.vault,
            mail_key=self.settings.notifier_public_key,
            activity_kept=timedelta(days=self.settings.activity_kept_days),
            blobs=Blobs.open(self.settings),
        )

    async def run_jobs(self) -> None:
        """Everything that time starts, once more."""
        scheduler = Scheduler(self.worker, self.jobs())
        await scheduler.tick()
        await self.admin.execute("UPDATE schedules SET due_at = $1", self.clock.now())
        await scheduler.tick()

    async def reset_token(self, email: str) -> str:
        """Ask for a reset and read the mail."""
        assert (await self.call("POST", "/v1/auth/forgot-password", {"email": email})).status == 202
        await self.run_jobs()
        return str((await self.mails(email, "reset_password"))[-1]["token"])

    def code(self, secret: str, steps: int = 0) -> str:
        """What an authenticator shows, so many steps from now."""
        return code_at(secret, int(self.clock.now().timestamp()) // CODE_SECONDS + steps)

    async def enable_mfa(self, person: Person) -> tuple[str, list[str]]:
        """The secret and the recovery codes."""
        begun = await self.call("POST", "/v1/auth/mfa/totp", {"password": PASSWORD}, token=person.token)
        assert begun.status == 200, begun.body
        secret = str(begun.body["secret"])
        body = {"code": self.code(secret, -1)}
        done = await self.call("POST", "/v1/auth/mfa/totp/confirm", body, token=person.token)
        assert done.status == 200, done.body
        return secret, list(done.body["recovery_codes"])

    async def mail_commands(self) -> list[dict[str, Any]]:
        rows = await self.admin.fetch("SELECT body FROM outbox WHERE exchange = 'commands' ORDER BY position")
        return [json.loads(open_sealed(self.mail_key, row["body"])) for row in rows]

    async def add_member(self, owner: Person, role: str = "member", email: str | None = None) -> Person:
        """Somebody new who registered by an invitation."""
        email = email or new_email()
        await self.invite(owner, email, role)
        return await self.register(email, invitation_token=await self.link_token(email))

    async def events(self, *, about: object | None = None) -> list[dict[str, Any]]:
        """Envelopes in the outbox, in order; of one aggregate (subject) or organization, if told."""
        rows = await self.admin.fetch("SELECT body FROM outbox WHERE exchange = 'events' ORDER BY position")
        envelopes = [json.loads(row["body"]) for row in rows]
        wanted = None if about is None else str(about)
        return [e for e in envelopes if wanted in (None, e["subject"], e.get("orgid"))]

    async def event_types(self, about: object) -> list[str]:
        return [event["type"] for event in await self.events(about=about)]

    async def activity(self, org_id: UUID) -> list[dict[str, Any]]:
        """An organization's log in its order, details read; None for erased ones."""
        rows = await self.admin.fetch(
            "SELECT l.*, d.details FROM activity_logs l LEFT JOIN activity_details d USING (org_id, at, number)"
            " WHERE l.org_id = $1 ORDER BY l.number",
            org_id,
        )
        return [dict(row) | {"details": json.loads(row["details"]) if row["details"] else None} for row in rows]

    def internal_token(self, service: str = "notifier") -> str:
        key = self.admin_key if service == "admin" else self.internal_key
        return InternalSigner(service, key.private_text, self.clock).token("teams")


def person_of(email: str, body: dict[str, Any]) -> Person:
    organization = body["organization"] or {}
    return Person(
        email=email,
        user_id=UUID(body["user"]["id"]),
        org_id=UUID(organization.get("id", str(UUID(int=0)))),
        token=body["access_token"],
        refresh_token=body["refresh_token"] or "",
        body=body,
    )


def new_email() -> str:
    return f"person{next(_numbers)}@example.com"


def make_settings(database: Any, **changes: Any) -> Settings:
    values = {
        "database_api_url": database.api_url,
        "database_worker_url": database.worker_url,
        "database_pool_size": 16,
        "rabbitmq_url": "amqp://nobody@127.0.0.1:1/",
        "rabbitmq_management_url": "http://nobody@127.0.0.1:1",
        "internal_signing_key": SigningKey.generate().private_text,
        "totp_seed_keys": [Fernet.generate_key().decode()],
        "signing_keys": [SigningKey.generate().private_text],
        "notifier_public_key": "",
        "sso_secret_keys": [Fernet.generate_key().decode()],
        "public_url": PUBLIC_URL,
    }
    return Settings.model_validate(values | changes)


@pytest.fixture(scope="module")
def changed_settings() -> dict[str, Any]:
    """What a folder's tests want the service to be set to beside; overridden there."""
    return {}


@pytest.fixture(scope="module")
async def teams(
    service_database: Callable[..., Any], changed_settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Teams]:
    database = service_database("teams", MIGRATIONS)
    mail_private, mail_public = new_keypair()
    internal_key, admin_key, clock = SigningKey.generate(), SigningKey.generate(), ShiftedClock()
    trusted = {"notifier": internal_key.public_text, "admin": admin_key.public_text}
    files = f"file://{tmp_path_factory.mktemp('files')}"
    own = {"notifier_public_key": mail_public, "trusted_services": trusted, "blobs_url": files}
    settings = make_settings(database, **(own | changed_settings))
    async with AsyncExitStack() as stack:
        app = await make_application(settings, stack, clock)
        url = await stack.enter_async_context(serving(app))
        http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        admin = await asyncpg.connect(database.admin_url, server_settings={"search_path": "teams"})
        stack.push_async_callback(admin.close)
        api = await Database.connect(database.api_url, service="teams", clock=clock)
        stack.push_async_callback(api.close)
        worker = await Database.connect(database.worker_url, service="teams", clock=clock)
        stack.push_async_callback(worker.close)
        yield Teams(
            url, http, clock, settings, admin, api, worker, mail_private, internal_key, admin_key, database.owner_url
        )


@pytest.fixture
def shift(teams: Teams) -> Any:
    """Move the service's clock for one test: `shift(minutes=11)`; it is set right again afterwards."""

    def move(**amount: float) -> None:
        teams.clock.shift += timedelta(**amount)

    yield move
    teams.clock.shift = timedelta(0)


@pytest.fixture
def system() -> Context:
    return Context("system:teams")
