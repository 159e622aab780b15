"""A simulator on a free port, the real SDK against it, a receiver of webhooks, and the control API."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
import stripe
from aiohttp import web

from stripe_simulator.server import Running, Webhook, running
from stripe_simulator.world import Settings

SECRET = "whsec_test"


@dataclass
class Receiver:
    """An endpoint that keeps what it gets and answers as it is told."""

    url: str = ""
    raw: list[tuple[bytes, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body, _ in self.raw]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    async def handle(self, request: web.Request) -> web.Response:
        self.raw.append((await request.read(), request.headers["Stripe-Signature"]))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)


@dataclass
class Control:
    """The control API of a simulator."""

    http: aiohttp.ClientSession

    async def advance(self, **how: float) -> None:
        answer = await self.http.post("/_control/clock", json=how)
        assert answer.status == 200, await answer.text()

    async def fault(self, kind: str, **more: Any) -> None:
        answer = await self.http.post("/_control/faults", json={"kind": kind, **more})
        assert answer.status == 201, await answer.text()

    async def settle(self) -> None:
        assert (await self.http.post("/_control/settle")).status == 200

    async def deliveries(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await (await self.http.get("/_control/deliveries")).json())["items"]
        return items

    async def requests(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await (await self.http.get("/_control/requests")).json())["items"]
        return items


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Listens for webhooks."""
    found = Receiver()
    app = web.Application()
    app.router.add_post("/hook", found.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield found
    await runner.cleanup()


@pytest.fixture
async def simulator(receiver: Receiver) -> AsyncIterator[Running]:
    """Tells the receiver of everything."""
    async with running(webhook=Webhook(receiver.url, SECRET), settings=Settings()) as found:
        yield found


@pytest.fixture
async def control(simulator: Running) -> AsyncIterator[Control]:
    async with aiohttp.ClientSession(simulator.url) as http:
        yield Control(http)


@pytest.fixture
async def api(simulator: Running) -> AsyncIterator[stripe.StripeClient]:
    """The SDK as a service uses it: asynchronous, over aiohttp."""
    http = stripe.AIOHTTPClient()
    yield stripe.StripeClient("sk_test_1", base_addresses={"api": simulator.url}, http_client=http)
    await http.close_async()


Shop = Callable[..., Awaitable[stripe.Price]]


@pytest.fixture
def price(api: stripe.StripeClient) -> Shop:
    """Makes monthly prices of new products."""

    async def make(unit_amount: int = 1500, **more: Any) -> stripe.Price:
        params: dict[str, Any] = {"currency": "usd", "unit_amount": unit_amount, "recurring": {"interval": "month"}}
        params |= {"product_data": {"name": "Pro"}, **more}
        params = {name: value for name, value in params.items() if value is not None}
        return await api.v1.prices.create_async(params)  # type: ignore[arg-type]

    return make


@pytest.fixture
def customer(api: stripe.StripeClient) -> Callable[..., Awaitable[stripe.Customer]]:
    """Makes customers with a card, or with none."""

    async def make(card: str | None = "pm_card_visa", **more: Any) -> stripe.Customer:
        params: dict[str, Any] = {"email": "ada@example.com", **more}
        if card is not None:
            params |= {"payment_method": card, "invoice_settings": {"default_payment_method": card}}
        return await api.v1.customers.create_async(params)  # type: ignore[arg-type]

    return make
