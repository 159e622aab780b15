"""The state survives a restart; the pages are safe; the command line does what it says."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import stripe
from yarl import URL

from stripe_simulator.pages import money
from stripe_simulator.server import Running, Webhook, running
from stripe_simulator.state_file import StateUnreadable

TOOLS = Path(__file__).parents[2]


def client(url: str) -> stripe.StripeClient:
    return stripe.StripeClient("sk_test_1", base_addresses={"api": url}, http_client=stripe.AIOHTTPClient())


async def test_a_restart_keeps_the_state(tmp_path: Path, receiver: Any) -> None:
    state = tmp_path / "deep" / "state.json"
    options: Any = {"idempotency_key": "k"}
    receiver.statuses = [500]
    async with running(state=state, webhook=Webhook(receiver.url, "whsec_1")) as first:
        made = await client(first.url).v1.customers.create_async({"name": "Ada"}, options)
        async with aiohttp.ClientSession(first.url) as http:
            await http.post("/_control/settle")
            await http.post("/_control/clock", json={"seconds": 200})
    async with running(state=state, webhook=Webhook(receiver.url, "whsec_2")) as second:
        api = client(second.url)
        assert (await api.v1.customers.create_async({"name": "Ada"}, options)).id == made.id
        assert len((await api.v1.webhook_endpoints.list_async()).data) == 1
        async with aiohttp.ClientSession(second.url) as http:
            assert (await (await http.get("/_control/clock")).json())["ahead"] == pytest.approx(200)
    assert [path.name for path in state.parent.iterdir()] == ["state.json"]


async def test_a_foreign_state_file_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    for text in ("{", "{}", '{"format": 99}', "[]"):
        state.write_text(text)
        with pytest.raises(StateUnreadable):
            async with running(state=state):
                pass
        assert state.read_text() == text


async def test_the_command_line(tmp_path: Path, receiver: Any) -> None:
    arguments = ["--port", "0", "--state", str(tmp_path / "s.json"), "--api-key", "sk_test_mine"]
    arguments += ["--webhook-url", receiver.url, "--webhook-secret", "whsec_cli"]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "stripe_simulator",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(TOOLS)},
    )
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().split()[-1]
    with pytest.raises(stripe.AuthenticationError):
        await client(url).v1.customers.list_async()
    mine = stripe.StripeClient("sk_test_mine", base_addresses={"api": url}, http_client=stripe.AIOHTTPClient())
    await mine.v1.customers.create_async({"name": "Ada"})
    async with aiohttp.ClientSession(url) as http:
        assert (await http.post("/_control/settle")).status == 200
    mine.construct_event(*receiver.raw[0], "whsec_cli")
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0
    assert len(json.loads((tmp_path / "s.json").read_text())["tables"]["customer"]) == 1


async def test_the_page_and_its_files(simulator: Running) -> None:
    async with aiohttp.ClientSession(simulator.url) as http:
        page = await http.get("/")
        assert "script-src 'self';" in page.headers["Content-Security-Policy"]
        assert "Stripe simulator" in await page.text()
        for file in ("style.css", "script.js", "authenticate.js", "icon.svg"):
            assert (await http.get(f"/_page/{file}")).status == 200
        outside = await http.get(URL(f"{simulator.url}/_page/%2e%2e/server.py", encoded=True))
        assert outside.status in (401, 404)
        assert (await http.get("/_control/objects?kind=_delivery")).status == 404
        assert (await http.get("/_pages/invoices/in_none")).status == 404
        assert (await http.get("/health/ready")).status == 200


async def test_no_secret_leaves_through_the_page(simulator: Running, customer: Any, control: Any) -> None:
    await customer()
    for kind in ("webhook_endpoint", "payment_method"):
        text = await (await control.http.get(f"/_control/objects?kind={kind}")).text()
        assert '"items": [{' in text
        assert "whsec_test" not in text
        assert "4242424242424242" not in text


async def test_an_invoice_page_escapes_what_it_shows(
    api: stripe.StripeClient, customer: Any, price: Any, control: Any
) -> None:
    owner = await customer(name="<script>alert(1)</script>")
    bad = await price(1500, product_data={"name": "<img src=x>"})
    made = await api.v1.subscriptions.create_async(
        {"customer": owner.id, "items": [{"price": bad.id}], "expand": ["latest_invoice"]}
    )
    assert isinstance(made.latest_invoice, stripe.Invoice)
    assert made.latest_invoice.hosted_invoice_url is not None
    page = await (await control.http.get(made.latest_invoice.hosted_invoice_url)).text()
    assert "15.00 USD" in page
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert "<img" not in page


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [(1500, "usd", "15.00 USD"), (5, "eur", "0.05 EUR"), (-1500, "jpy", "-1500 JPY"), (1500, "kwd", "1.500 KWD")],
)
def test_money_has_its_currencys_decimals(amount: int, currency: str, text: str) -> None:
    assert money(amount, currency) == text
