"""Stored webhooks handled in the background: any order, any duplication, the same books."""
# ruff: noqa: PLR0917

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from billing.app import open_doors
from billing.storage import webhooks
from billing.usecases.change_subscription import begin_change
from chassis.database import Context, Database
from chassis.testing import serving
from contracts.ids import new_id

TEST = Context(actor="system:test")


@pytest.fixture
def store(live):
    """Keep events as the door does, without it."""

    async def keep(*events: dict[str, Any]) -> None:
        async with live.transaction(TEST) as tx:
            for event in events:
                await webhooks.insert_webhook(
                    tx, "stripe", event["id"], type=event["type"], body=orjson.dumps(event), headers={}
                )

    return keep


@pytest.fixture
def state(rows) -> Callable[..., Any]:
    async def look(event):
        found = await rows("SELECT state, reason, attempts FROM webhooks WHERE external_id = $1", event["id"])
        return tuple(found[0].values())

    return look


@pytest.fixture
async def bought(executor, opened, simulator, live, catalogue):
    """An organization on Pro, with all events that Stripe has of it, oldest first."""
    org_id = await opened()
    await executor.turn()
    async with live.transaction(Context(actor="user:test", org_id=org_id)) as tx:
        wanted = {"plan": "pro", "interval": None, "seats": 3, "payment_method": "pm_card_visa", "read": None}
        await begin_change(tx, org_id, catalogue, **wanted)
    await executor.turn()
    (customer,) = await simulator.of("customer", org_id)
    return org_id, await events_of(simulator, customer["id"])


async def events_of(simulator, customer):
    headers = {"Authorization": "Bearer sk_test_billing"}
    async with simulator.http.get(f"{simulator.url}/v1/events?limit=100", headers=headers) as answer:
        found = (await answer.json())["data"]
    return [event for event in reversed(found) if event["data"]["object"].get("customer") == customer]


async def books(rows, org_id):
    """What matters of them: no ids of ours, no times of observation."""
    subscription = await rows("SELECT plan, seats, status, mrr FROM subscriptions WHERE org_id = $1", org_id)
    invoices = await rows(
        "SELECT status, total, paid FROM invoices WHERE org_id = $1 ORDER BY created_at, total", org_id
    )
    return subscription, invoices


async def test_invoices_come_into_the_books_by_webhooks(bought, store, loop, rows, told):
    org_id, events = bought
    await store(*events)
    await loop.turn()
    subscription, invoices = await books(rows, org_id)
    assert [tuple(row.values()) for row in subscription] == [("pro", 3, "active", 14700)]
    assert {row["status"] for row in invoices} == {"paid"}
    assert sum(row["paid"] for row in invoices) > 0
    assert [event[0] for event in await told(org_id)].count("invoice.paid") == len(invoices)


@pytest.mark.parametrize("order", ["as sent", "reversed", "twice at once", "newest first then all"])
async def test_any_order_gives_the_same_books(bought, store, loop, rows, told, order):
    org_id, events = bought
    arranged = {
        "as sent": [events],
        "reversed": [[event] for event in reversed(events)],
        "twice at once": [events + [event | {"id": f"evt_{new_id().hex}"} for event in events]],
        "newest first then all": [events[-1:], events],
    }[order]
    for batch in arranged:
        await store(*batch)
        await loop.turn()
    subscription, invoices = await books(rows, org_id)
    assert [tuple(row.values()) for row in subscription] == [("pro", 3, "active", 14700)]
    assert {row["status"] for row in invoices} == {"paid"}
    facts = [event[0] for event in await told(org_id)]
    assert facts.count("subscription.updated") == 1
    assert facts.count("invoice.paid") == facts.count("invoice.finalized") == len(invoices)


async def test_a_delivery_is_handled_once(bought, store, loop, state):
    _, events = bought
    await store(events[0])
    await store(events[0])
    await asyncio.gather(loop.turn(), loop.turn())
    assert await state(events[0]) == ("done", None, 1)


async def test_strangers_other_modes_and_other_kinds_are_ignored(stripe_tells, store, loop, state):
    stranger = stripe_tells()
    foreign = stranger.event("customer.subscription.updated", stranger.subscription())
    live_mode = stranger.event("customer.subscription.updated", stranger.subscription(), livemode=True)
    other = stranger.event("charge.succeeded", {"id": "ch_1"})
    await store(foreign, live_mode, other)
    await loop.turn()
    assert [(await state(event))[:2] for event in (foreign, live_mode, other)] == [
        ("ignored", "foreign"),
        ("ignored", "other_mode"),
        ("ignored", "not_needed"),
    ]


async def test_another_api_version_waits_for_somebody(stripe_tells, store, loop, state, live):
    event = stripe_tells().event("invoice.paid", {"id": "in_1"}, api_version="2019-01-01")
    await store(event)
    await loop.turn()
    assert (await state(event))[0] == "quarantined"
    async with live.transaction(TEST) as tx:
        assert (await webhooks.count_set_aside(tx))["quarantined"] == 1
        assert await webhooks.update_released(tx, ["quarantined"]) == 1
    await loop.turn()
    assert (await state(event))[0] == "quarantined", "it still is not ours to read"


async def test_what_fails_is_tried_again_and_dead_in_the_end(stripe_tells, store, loop, state, due):
    told = stripe_tells()
    broken = told.event("customer.subscription.updated", told.subscription() | {"status": "dreaming"})
    await store(broken)
    for attempt in range(1, 6):
        await loop.turn()
        assert (await state(broken))[::2] == ("pending", attempt)
        await due()
    await loop.turn()
    end, reason, attempts = await state(broken)
    assert (end, attempts) == ("dead", 6)
    assert "dreaming" in reason


async def test_while_stripe_is_away_a_stale_event_waits(bought, store, loop, state, simulator, due):
    _, events = bought
    stale = next(event for event in events if event["type"] == "customer.subscription.created")
    await store(stale)
    await simulator.arm("http_500", method="GET", path="/v1/subscriptions/*")
    await loop.turn()
    assert (await state(stale))[::2] == ("pending", 1)
    await due()
    await loop.turn()
    assert (await state(stale))[0] == "done"


async def test_the_simulators_own_deliveries_are_believed(settings, simulator, issuer, executor, opened, rows, loop):
    """Signed by the simulator, taken by the real door, handled by the loop."""
    headers = {"Authorization": "Bearer sk_test_billing"}
    endpoints = f"{simulator.url}/v1/webhook_endpoints"
    form = {"url": "http://127.0.0.1:9/webhooks/stripe", "enabled_events[]": "*"}
    async with simulator.http.post(endpoints, data=form, headers=headers) as answer:
        endpoint = await answer.json()
    configured = settings(stripe_webhook_secrets=("whsec_unused", endpoint["secret"]))
    database = await Database.connect(configured.database_api_url.get_secret_value(), service="billing")
    async with serving(open_doors(configured, database, issuer.authenticator())) as url:
        path, form = f"{endpoints}/{endpoint['id']}", {"url": f"{url}/webhooks/stripe"}
        async with simulator.http.post(path, data=form, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
        org_id = await opened()
        await executor.turn()
        await simulator.control("POST", "settle")
        async with simulator.http.delete(path, headers=headers) as answer:
            assert answer.status == 200
    await database.close()
    kept = await rows("SELECT type FROM webhooks WHERE convert_from(body, 'utf8') LIKE $1", f"%{org_id}%")
    assert "customer.subscription.created" in {row["type"] for row in kept}
    await loop.turn()
    (subscription,) = await rows("SELECT version FROM subscriptions WHERE org_id = $1", org_id)
    assert subscription["version"] == 1
