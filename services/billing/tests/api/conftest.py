"""Billing's HTTP door, really listening."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import aiohttp
import orjson
import pytest

from billing.app import NAME, open_doors
from billing.domain.observations import Seen
from billing.domain.signatures import sign
from billing.domain.subscriptions import instant, read_subscription
from billing.usecases.open_account import open_account
from billing.usecases.record_subscription import record_subscription
from chassis.database import Context, Database
from chassis.testing import TestIssuer, serving
from contracts.ids import new_id


@dataclass
class Site:
    """Billing behind its door; without a worker nothing is carried out."""

    url: str
    issuer: TestIssuer
    http: aiohttp.ClientSession

    async def call(
        self, method: str, path: str, org_id: UUID | None = None, role: str = "owner", **options: Any
    ) -> Any:
        headers = options.pop("headers", {})
        if org_id is not None:
            headers = self.issuer.headers(org_id=org_id, role=role, user_id=options.pop("user_id", None)) | headers
        async with self.http.request(method, self.url + path, headers=headers, **options) as answer:
            body = await answer.read()
            parsed = orjson.loads(body) if body else None
            return answer.status, parsed, answer.headers

    async def push(self, event: dict[str, Any] | bytes, secret: str = "whsec_new", **headers: str) -> Any:
        body = event if isinstance(event, bytes) else orjson.dumps(event)
        signed = {"Stripe-Signature": sign(body, secret, datetime.now(UTC)), "Content-Type": "application/json"}
        return await self.call("POST", "/webhooks/stripe", data=body, headers=signed | headers)


@asynccontextmanager
async def open_site(settings: Any, issuer: TestIssuer) -> AsyncIterator[Site]:
    database = await Database.connect(settings.database_api_url.get_secret_value(), service=NAME)
    app = open_doors(settings, database, issuer.authenticator())
    async with serving(app) as url, aiohttp.ClientSession() as http:
        yield Site(url, issuer, http)
    await database.close()


@pytest.fixture
async def site(settings: Callable[..., Any], issuer: TestIssuer) -> AsyncIterator[Site]:
    async with open_site(settings(), issuer) as opened:
        yield opened


@pytest.fixture
def subscribed(worker: Database, catalogue: Any, stripe_tells: Any) -> Callable[..., Any]:
    """An organization whose subscription Stripe has told us of; `plan=None` for one that is just opened."""

    async def make(plan: str | None = "free", seats: int = 1) -> Any:
        told = stripe_tells()
        async with worker.transaction(Context(actor="system:test")) as tx:
            await open_account(tx, told.org_id, "Acme")
            if plan is not None:
                raw = told.subscription(plan, seats)
                found = read_subscription(raw, catalogue)
                await record_subscription(tx, found, Seen(instant(raw["created"])), catalogue)
                await tx.execute("DELETE FROM operations WHERE org_id = $1", told.org_id)
        return told

    return make


@pytest.fixture
def stranger() -> UUID:
    return new_id()
