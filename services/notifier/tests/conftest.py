"""What notifier's tests stand on: a migrated database, Redis, a mail catcher, and stories as teams would tell them."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from aiohttp import web

from chassis import sealing
from chassis.database import Context, Database
from chassis.inbox import Message, Reader
from chassis.keys import SigningKey
from chassis.processing import Processor
from chassis.testing import FixedClock, TestIssuer, serving
from contracts.envelope import Envelope
from contracts.event import EventData
from contracts.ids import new_id
from contracts.teams import (
    MemberJoinedV1,
    MemberRemovedV1,
    MemberRoleChangedV1,
    OrganizationCreatedV1,
    UserRegisteredV1,
)
from contracts.teams.rights import RoleCreatedV1, RoleDeletedV1, RoleUpdatedV1
from mail_catcher import server as mail_catcher
from notifier import redis_gateway
from notifier.app import NAME
from notifier.consumers import CommandConsumers, EventConsumers, Post, reactions
from notifier.live import Live, NobodyListens
from notifier.rendering import Renderer
from notifier.settings import Settings

MIGRATIONS = Path(__file__).parents[1] / "migrations"
START = datetime(2026, 11, 23, 12, tzinfo=UTC)
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass
class Person:
    name: str
    user_id: UUID = field(default_factory=new_id)
    membership_id: UUID = field(default_factory=new_id)
    sequence: int = 0

    @property
    def email(self) -> str:
        return f"{self.name.lower()}@example.com"


class Story:
    """One organization's events in the order in which they happened, a minute apart."""

    def __init__(self, name: str = "Acme", start: datetime = START) -> None:
        self.name = name
        self.org_id = new_id()
        self.now = start
        self.events: list[Envelope] = []
        self.roles: dict[UUID, str] = {}

    def founded(self, by: Person) -> Envelope:
        self.state(
            OrganizationCreatedV1(
                organization_id=self.org_id,
                name=self.name,
                slug="acme",
                locale="en",
                time_zone="UTC",
                created_by=by.user_id,
                created_at=self.now,
            ),
            1,
        )
        return self.joined(by, "owner", invited_by=None)

    def registered(self, person: Person, locale: str = "en", sequence: int = 1) -> Envelope:
        event = UserRegisteredV1(
            user_id=person.user_id,
            email=person.email,
            name=person.name,
            locale=locale,
            time_zone="UTC",
            email_verified=True,
        )
        return self.state(event, sequence)

    def joined(self, person: Person, role: str = "member", invited_by: Person | None = None) -> Envelope:
        return self._membership(MemberJoinedV1, person, role, "active", invited_by)

    def changed(self, person: Person, role: str, by: Person) -> Envelope:
        return self._membership(
            MemberRoleChangedV1, person, role, "active", None, changed_by=by.user_id, changed_at=self.now
        )

    def removed(self, person: Person, by: Person) -> Envelope:
        role = self.roles[person.user_id]
        return self._membership(
            MemberRemovedV1, person, role, "removed", None, removed_by=by.user_id, removed_at=self.now
        )

    def role(self, role_id: UUID, *permissions: str, sequence: int = 1) -> Envelope:
        """A custom role as it is from now on."""
        about: dict[str, Any] = {
            "role_id": role_id,
            "organization_id": self.org_id,
            "name": "Own role",
            "description": "",
            "permissions": tuple(sorted(permissions)),
        }
        created = RoleCreatedV1(**about) if sequence == 1 else RoleUpdatedV1(**about, tokens_not_before=self.now)
        return self.state(created, sequence)

    def role_deleted(self, role_id: UUID, *permissions: str, sequence: int) -> Envelope:
        event = RoleDeletedV1(
            role_id=role_id,
            organization_id=self.org_id,
            name="Own role",
            description="",
            permissions=tuple(sorted(permissions)),
        )
        return self.state(event, sequence)

    def _membership(
        self, model: type[EventData], person: Person, role: str, state: str, inviter: Person | None, **more: Any
    ) -> Envelope:
        person.sequence += 1
        self.roles[person.user_id] = role
        event = model(
            membership_id=person.membership_id,
            organization_id=self.org_id,
            user_id=person.user_id,
            email=person.email,
            name=person.name,
            role=role,
            state=state,
            invited_by=inviter.user_id if inviter else None,
            joined_at=self.now,
            **more,
        )
        return self.state(event, person.sequence)

    def state(self, event: EventData, sequence: int) -> Envelope:
        envelope = Envelope.around(
            event,
            id=new_id(),
            source="/services/teams",
            time=self.now,
            sequence=sequence,
            actor="system:teams",
            correlationid=str(new_id()),
            orgid=self.org_id,
            traceparent=TRACEPARENT,
        )
        self.now += timedelta(minutes=1)
        self.events.append(envelope)
        return envelope


@pytest.fixture
def person() -> type[Person]:
    return Person


@pytest.fixture
def story() -> Callable[..., Story]:
    return Story


@pytest.fixture(scope="module")
def notifier_database(service_database: Any) -> Any:
    return service_database(NAME, MIGRATIONS)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
async def worker(notifier_database: Any, clock: FixedClock) -> AsyncIterator[Database]:
    """The worker's door, at a clock that stands."""
    database = await Database.connect(notifier_database.worker_url, service=NAME, clock=clock)
    yield database
    await database.close()


@pytest.fixture
async def api_database(notifier_database: Any) -> AsyncIterator[Database]:
    database = await Database.connect(notifier_database.api_url, service=NAME)
    yield database
    await database.close()


def context(**about: Any) -> Context:
    return Context(actor="system:test", **about)


@pytest.fixture
def rows(worker: Database) -> Callable[..., Any]:
    """Rows as the worker sees them, as dicts."""

    async def fetch(sql: str, *args: Any) -> list[dict[str, Any]]:
        async with worker.transaction(context()) as tx:
            return [dict(row) for row in await tx.fetch(sql, *args)]

    return fetch


@pytest.fixture
def deliver(worker: Database) -> Callable[..., Any]:
    """Give envelopes to notifier as its queue would: one batch, one transaction, through the inbox."""

    async def settle(*envelopes: Envelope, live: Live | None = None) -> None:
        quiet = NobodyListens()
        post = Post("http://localhost:8080", sealing.public_key_of(COMMAND_KEYS[0]), partial(quiet.publish, ()))
        table = reactions(EventConsumers(Renderer(), live or quiet, post), CommandConsumers(post))
        processor = Processor(worker, NAME, Reader(table))
        await processor.settle([Message(e.to_json(), message_id=str(e.id), type=e.type) for e in envelopes])

    return settle


@pytest.fixture
def heard(rows: Any) -> Callable[..., Any]:
    """Who heard of which events of a story, as (event id, user id)."""

    async def look(envelopes: Sequence[Envelope]) -> list[tuple[UUID, UUID]]:
        told = "SELECT event_id, user_id FROM notifications WHERE event_id = ANY ($1)"
        found = await rows(told, [envelope.id for envelope in envelopes])
        return [(row["event_id"], row["user_id"]) for row in found]

    return look


@dataclass
class Mails:
    """The mail catcher and its API."""

    smtp_port: int
    url: str
    http: aiohttp.ClientSession

    async def arm(self, **fault: Any) -> None:
        async with self.http.post(f"{self.url}/api/faults", json=fault) as answer:
            assert answer.status < 300, await answer.text()

    async def list(self, to: str) -> list[dict[str, Any]]:
        """Newest first, with headers and texts."""
        async with self.http.get(f"{self.url}/api/messages", params={"to": to, "limit": 500}) as answer:
            ids = [item["id"] for item in (await answer.json())["items"]]
        return [await self._detail(id_) for id_ in ids]

    async def wait(self, to: str) -> dict[str, Any]:
        async with self.http.get(f"{self.url}/api/messages/wait", params={"to": to, "timeout": 10}) as answer:
            assert answer.status == 200, "no mail came"
            return await answer.json()

    async def _detail(self, id_: int) -> dict[str, Any]:
        async with self.http.get(f"{self.url}/api/messages/{id_}") as answer:
            return await answer.json()


@pytest.fixture
async def mails() -> AsyncIterator[Mails]:
    async with mail_catcher.running() as addresses, aiohttp.ClientSession() as http:
        yield Mails(addresses.smtp_port, addresses.url, http)


COMMAND_KEYS = sealing.new_keypair()
INTERNAL_KEY = SigningKey.generate()


@pytest.fixture
def settings(engines: Any, notifier_database: Any) -> Callable[..., Settings]:
    """Notifier's settings on these engines."""

    def make(**changes: Any) -> Settings:
        values: dict[str, Any] = {
            "http_port": 0,
            "database_api_url": notifier_database.api_url,
            "database_worker_url": notifier_database.worker_url,
            "rabbitmq_url": engines.rabbitmq_url,
            "rabbitmq_management_url": engines.rabbitmq_management_url,
            "internal_signing_key": INTERNAL_KEY.private_text,
            "command_private_key": COMMAND_KEYS[0],
            "redis_url": engines.redis_url,
            "public_url": "http://localhost:8080",
            "smtp_tls": "none",
            "mail_from": "ObjectaLabs <no-reply@objectalabs.example>",
        }
        return Settings(**(values | changes))

    return make


@pytest.fixture
async def redis(engines: Any) -> AsyncIterator[Any]:
    client = redis_gateway.connect(engines.redis_url)
    yield client
    await client.aclose()


@pytest.fixture
async def issuer_at():
    """As much of teams as notifier calls: keys, revocations, questions."""
    issuer = TestIssuer()

    async def answer(body: Any, _: web.Request) -> web.Response:
        return web.json_response(body)

    app = web.Application()
    app.router.add_get("/.well-known/jwks.json", partial(answer, issuer.jwks()))
    app.router.add_get("/internal/v1/revocations", partial(answer, {"items": []}))
    app.router.add_post("/internal/v1/tokens/check", partial(answer, {"active": True}))
    async with serving(app) as url:
        yield issuer, url
