"""What analytics' tests stand on: a migrated database at a clock that stands, and events as others would state them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import pytest

from analytics.app import NAME, open_doors
from analytics.consumers import EventConsumers, reactions
from analytics.settings import Settings
from chassis.database import Context, Database
from chassis.inbox import Message, Reader
from chassis.keys import SigningKey
from chassis.processing import Processor
from chassis.testing import FixedClock, TestIssuer, serving
from contracts.envelope import Envelope
from contracts.event import EventData
from contracts.golden_samples import sample
from contracts.ids import new_id
from contracts.teams import MemberJoinedV1, OrganizationCreatedV1, OrganizationUpdatedV1, UserRegisteredV1

MIGRATIONS = Path(__file__).parents[1] / "migrations"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEEP = timedelta(days=400)


class Facts:
    """Envelopes of one organization, from the golden samples."""

    def __init__(self, org_id: UUID | None = None) -> None:
        self.org_id = org_id or new_id()

    def of(self, model: type[EventData], at: datetime = NOW, sequence: int = 1, **data: Any) -> Envelope:
        example = sample(model)
        changes = {"organization_id": str(self.org_id)} if "organization_id" in example.data else {}
        about: dict[str, Any] = {
            "id": new_id(),
            "time": at,
            "sequence": sequence,
            "orgid": self.org_id,
            "correlationid": str(data.pop("correlation_id", new_id())),
            "actor": data.pop("actor", "system:test"),
            "data": example.data | changes | data,
        }
        return example.model_copy(update=about)

    def founded(self, zone: str = "UTC", at: datetime = NOW) -> Envelope:
        return self.of(OrganizationCreatedV1, at, time_zone=zone)

    def moved(self, zone: str, sequence: int, at: datetime = NOW) -> Envelope:
        return self.of(OrganizationUpdatedV1, at, sequence, time_zone=zone)

    def joined(self, at: datetime = NOW, user_id: UUID | None = None, **data: Any) -> Envelope:
        return self.of(MemberJoinedV1, at, user_id=str(user_id or new_id()), **data)

    def registered(self, user_id: UUID, at: datetime = NOW, **data: Any) -> Envelope:
        return self.of(UserRegisteredV1, at, user_id=str(user_id), **data).model_copy(update={"orgid": None})


@pytest.fixture
def facts() -> type[Facts]:
    return Facts


@pytest.fixture(scope="module")
def analytics_database(service_database: Any) -> Any:
    return service_database(NAME, MIGRATIONS)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
async def worker(analytics_database: Any, clock: FixedClock) -> AsyncIterator[Database]:
    """The worker's door, at a clock that stands."""
    database = await Database.connect(analytics_database.worker_url, service=NAME, clock=clock)
    yield database
    await database.close()


@pytest.fixture
async def api_database(analytics_database: Any, clock: FixedClock) -> AsyncIterator[Database]:
    """The HTTP door's role, at the same clock."""
    database = await Database.connect(analytics_database.api_url, service=NAME, clock=clock)
    yield database
    await database.close()


@pytest.fixture
def rows(worker: Database) -> Callable[..., Any]:
    """Rows as the worker sees them, as dicts."""

    async def fetch(sql: str, *args: Any) -> list[dict[str, Any]]:
        async with worker.transaction(Context(actor="system:test")) as tx:
            return [dict(row) for row in await tx.fetch(sql, *args)]

    return fetch


@pytest.fixture
def deliver(worker: Database) -> Callable[..., Any]:
    """Give envelopes to analytics as its queue would: one batch, one transaction, through the inbox."""

    async def settle(*envelopes: Envelope) -> None:
        processor = Processor(worker, NAME, Reader(reactions(EventConsumers(KEEP))))
        await processor.settle([Message(e.to_json(), message_id=str(e.id), type=e.type) for e in envelopes])

    return settle


@pytest.fixture
def daily(rows: Any) -> Callable[..., Any]:
    """Counts of an organization: {"2026-11-23": {"member.joined": 2}}."""

    async def look(org_id: UUID) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for row in await rows("SELECT day, name, count FROM daily_metrics WHERE org_id = $1 ORDER BY day", org_id):
            found.setdefault(row["day"].isoformat(), {})[row["name"]] = row["count"]
        return found

    return look


INTERNAL_KEY = SigningKey.generate()


@pytest.fixture
def settings(engines: Any, analytics_database: Any) -> Callable[..., Settings]:
    """Analytics' settings on these engines."""

    def make(**changes: Any) -> Settings:
        values: dict[str, Any] = {
            "http_port": 0,
            "database_api_url": analytics_database.api_url,
            "database_worker_url": analytics_database.worker_url,
            "rabbitmq_url": engines.rabbitmq_url,
            "rabbitmq_management_url": engines.rabbitmq_management_url,
            "internal_signing_key": INTERNAL_KEY.private_text,
        }
        return Settings(**(values | changes))

    return make


@dataclass
class Site:
    """Analytics' HTTP door, really listening."""

    url: str
    issuer: TestIssuer
    http: aiohttp.ClientSession

    def headers(self, org_id: UUID | None, **about: Any) -> dict[str, str]:
        return self.issuer.headers(org_id=org_id, **about)

    async def call(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        async with self.http.request(method, self.url + path, **options) as answer:
            body = await answer.read()
            return answer.status, await answer.json(content_type=None) if body else None

    async def track(self, org_id: UUID, *events: Any, **about: Any) -> dict[str, Any]:
        body = {"events": list(events)}
        status, answer = await self.call("POST", "/v1/events", json=body, headers=self.headers(org_id, **about))
        assert status == 202, answer
        found: dict[str, Any] = answer
        return found

    async def get(self, org_id: UUID, path: str, **query: Any) -> dict[str, Any]:
        status, answer = await self.call("GET", path, params=query, headers=self.headers(org_id))
        assert status == 200, answer
        found: dict[str, Any] = answer
        return found


@asynccontextmanager
async def open_site(settings: Settings, database: Database, issuer: TestIssuer) -> AsyncIterator[Site]:
    app = open_doors(settings, database, issuer.authenticator())
    async with serving(app) as url, aiohttp.ClientSession() as http:
        yield Site(url, issuer, http)


@pytest.fixture
async def site(settings: Callable[..., Settings], api_database: Database) -> AsyncIterator[Site]:
    async with open_site(settings(), api_database, TestIssuer()) as opened:
        yield opened
