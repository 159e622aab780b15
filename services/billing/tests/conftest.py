"""What billing's tests stand on: a migrated database, the real catalogue, and objects as Stripe would tell them."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import orjson
import pytest

from billing.app import NAME
from billing.catalog_sync import differences, mend
from billing.catalogue import load_catalogue
from billing.domain.plans import Catalogue
from billing.executor import Executor
from billing.settings import CATALOG, Settings
from billing.stripe_gateway import API_VERSION, StripeGateway
from billing.usecases.open_account import open_account
from billing.webhook_loop import WebhookLoop
from chassis.database import Context, Database
from chassis.keys import SigningKey
from chassis.testing import FixedClock, TestIssuer
from contracts.ids import new_id
from stripe_simulator import server as stripe_simulator

MIGRATIONS = Path(__file__).parents[1] / "migrations"
START = datetime(2026, 11, 23, 12, tzinfo=UTC)
INTERNAL_KEY = SigningKey.generate()
SECRETS = ("whsec_old", "whsec_new")


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The one that is shipped."""
    return load_catalogue(CATALOG)


@pytest.fixture(scope="module")
def billing_database(service_database: Any) -> Any:
    return service_database(NAME, MIGRATIONS)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
async def worker(billing_database: Any, clock: FixedClock) -> AsyncIterator[Database]:
    """The worker's door, at a clock that stands."""
    database = await Database.connect(billing_database.worker_url, service=NAME, clock=clock)
    yield database
    await database.close()


@pytest.fixture
async def api_database(billing_database: Any) -> AsyncIterator[Database]:
    """The HTTP door's role."""
    database = await Database.connect(billing_database.api_url, service=NAME)
    yield database
    await database.close()


@pytest.fixture
def issuer() -> TestIssuer:
    return TestIssuer()


@pytest.fixture
def settings(engines: Any, billing_database: Any) -> Callable[..., Settings]:
    """Billing's settings on these engines."""

    def make(**changes: Any) -> Settings:
        values: dict[str, Any] = {
            "http_port": 0,
            "database_api_url": billing_database.api_url,
            "database_worker_url": billing_database.worker_url,
            "rabbitmq_url": engines.rabbitmq_url,
            "rabbitmq_management_url": engines.rabbitmq_management_url,
            "internal_signing_key": INTERNAL_KEY.private_text,
            "stripe_api_key": "sk_test_billing",
            "stripe_webhook_secrets": SECRETS,
            "operation_wait_seconds": 0,
        }
        return Settings(**(values | changes))

    return make


@pytest.fixture
def rows(worker: Database) -> Callable[..., Any]:
    """Rows as the worker sees them, as dicts."""

    async def fetch(sql: str, *args: Any) -> list[dict[str, Any]]:
        async with worker.transaction(Context(actor="system:test")) as tx:
            return [dict(row) for row in await tx.fetch(sql, *args)]

    return fetch


@pytest.fixture
def told(rows: Callable[..., Any]) -> Callable[..., Any]:
    """The events stated about an organization so far, in order: (type, sequence, data)."""

    async def look(org_id: UUID) -> list[tuple[str, int, dict[str, Any]]]:
        found = await rows("SELECT body FROM outbox WHERE org_id = $1 ORDER BY position", org_id)
        envelopes = [orjson.loads(row["body"]) for row in found]
        return [(one["type"], one["sequence"], one["data"]) for one in envelopes]

    return look


@dataclass
class Told:
    """Stripe's account of one customer, object by object; `now` is Stripe's clock in seconds."""

    org_id: UUID = field(default_factory=new_id)
    subscription_id: UUID = field(default_factory=new_id)
    now: int = int(START.timestamp())

    def __post_init__(self) -> None:
        self.customer = f"cus_{self.org_id.hex[-12:]}"
        self.stripe_id = f"sub_{self.subscription_id.hex[-12:]}"

    def subscription(self, plan: str = "free", seats: int = 1, **changes: Any) -> dict[str, Any]:
        amounts = {"free": 0, "starter": 2900, "pro": 4900, "enterprise": 9900}
        interval = changes.pop("interval", "month")
        version = changes.pop("version", "1")
        price = {
            "id": f"price_{plan}",
            "object": "price",
            "unit_amount": amounts[plan] * (10 if interval == "year" else 1),
            "currency": "usd",
            "recurring": {"interval": interval, "interval_count": 1},
            "metadata": {"plan": plan, "version": version},
        }
        item = {
            "id": f"si_{self.stripe_id}",
            "price": price,
            "quantity": seats,
            "current_period_start": int(START.timestamp()),
            "current_period_end": int(START.timestamp()) + 30 * 86400,
        }
        return {
            "id": self.stripe_id,
            "object": "subscription",
            "customer": self.customer,
            "status": "active",
            "created": int(START.timestamp()),
            "items": {"data": [item]},
            "metadata": {"organization_id": str(self.org_id), "subscription_id": str(self.subscription_id)},
            "cancel_at_period_end": False,
            "canceled_at": None,
            "trial_end": None,
        } | changes

    def invoice(self, status: str = "open", id: str | None = None, **changes: Any) -> dict[str, Any]:
        total = changes.pop("total", 14700)
        metadata = {"organization_id": str(self.org_id)}
        return {
            "id": id or f"in_{self.org_id.hex[-12:]}",
            "object": "invoice",
            "customer": self.customer,
            "status": status,
            "number": None if status == "draft" else "OBL-0001",
            "total": total,
            "amount_paid": total if status == "paid" else 0,
            "currency": "usd",
            "attempt_count": 0,
            "period_start": int(START.timestamp()),
            "period_end": int(START.timestamp()) + 30 * 86400,
            "created": int(START.timestamp()),
            "parent": {"subscription_details": {"subscription": self.stripe_id, "metadata": metadata}},
        } | changes

    def event(self, type: str, object: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """As a webhook carries it."""
        return {
            "id": f"evt_{new_id().hex}",
            "object": "event",
            "type": type,
            "api_version": API_VERSION,
            "created": self.now,
            "livemode": False,
            "data": {"object": object},
        } | changes


@pytest.fixture
def stripe_tells() -> type[Told]:
    return Told


@dataclass
class Stripe:
    """The simulator: the peer the real SDK talks to, with its objects, its faults and its clock."""

    url: str
    http: aiohttp.ClientSession

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        async with self.http.request(method, f"{self.url}/_control/{path}", json=body) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json(content_type=None)

    async def arm(self, kind: str, count: int = 1, seconds: float = 0, **match: str) -> None:
        await self.control("POST", "faults", {"kind": kind, "count": count, "seconds": seconds, "match": match})

    async def objects(self, kind: str) -> list[dict[str, Any]]:
        """Newest first."""
        found: list[dict[str, Any]] = (await self.control("GET", f"objects?kind={kind}"))["items"]
        return found

    async def of(self, kind: str, org_id: UUID) -> list[dict[str, Any]]:
        """The objects marked with an organization."""
        return [
            one for one in await self.objects(kind) if one.get("metadata", {}).get("organization_id") == str(org_id)
        ]


@pytest.fixture(scope="module")
async def simulator() -> AsyncIterator[Stripe]:
    async with stripe_simulator.running() as running, aiohttp.ClientSession() as http:
        yield Stripe(running.url, http)


@pytest.fixture
async def gateway(settings: Callable[..., Settings], simulator: Stripe) -> AsyncIterator[StripeGateway]:
    opened = StripeGateway(settings(stripe_api_base=simulator.url))
    yield opened
    await opened.close()


@pytest.fixture
async def sold(gateway: StripeGateway, catalogue: Catalogue) -> None:
    """The catalogue is at Stripe."""
    await mend(await differences(catalogue, gateway))


@pytest.fixture
async def live(billing_database: Any) -> AsyncIterator[Database]:
    """The worker's door at the real time, which is the simulator's too."""
    database = await Database.connect(billing_database.worker_url, service=NAME)
    yield database
    await database.close()


@pytest.fixture
def executor(live: Database, gateway: StripeGateway, catalogue: Catalogue, sold: None) -> Executor:
    return Executor(live, gateway, catalogue)


@pytest.fixture
def loop(live: Database, gateway: StripeGateway, catalogue: Catalogue, sold: None) -> WebhookLoop:
    return WebhookLoop(live, gateway, catalogue, live=False)


@pytest.fixture
def opened(live: Database) -> Callable[..., Any]:
    """An organization's account, with its customer intended."""

    async def make() -> UUID:
        org_id = new_id()
        async with live.transaction(Context(actor="system:test", org_id=org_id)) as tx:
            await open_account(tx, org_id, "Acme")
        return org_id

    return make


@pytest.fixture
def due(live: Database) -> Callable[..., Any]:
    """Let everything that waits for its next try be due now."""

    async def make() -> None:
        async with live.transaction(Context(actor="system:test")) as tx:
            await tx.execute("UPDATE operations SET next_try_at = $1 WHERE state = 'pending'", tx.now)
            await tx.execute("UPDATE webhooks SET next_try_at = $1 WHERE state = 'pending'", tx.now)

    return make
