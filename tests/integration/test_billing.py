"""Money through the front door: a plan for everybody, a purchase, and Stripe's deliveries in every bad order."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from billing.domain.signatures import sign
from chassis.testing import eventually
from tests.integration.person import Person

PATH = "/v1/billing/subscription"
PRO = {"plan": "pro", "seats": 7, "payment_method": "pm_card_visa"}


class Stripe:
    """The simulator, past the platform."""

    def __init__(self, http: aiohttp.ClientSession, url: str, secret: str) -> None:
        self._http, self._url, self._secret = http, url, secret

    async def of(self, kind: str, organization_id: str) -> list[dict[str, Any]]:
        async with self._http.get(f"{self._url}/_control/objects?kind={kind}") as answer:
            found = (await answer.json())["items"]  # of one that was deleted its id alone is left
        return [one for one in found if one.get("metadata", {}).get("organization_id") == organization_id]

    async def events(self, customer: str) -> list[dict[str, Any]]:
        """Oldest first."""
        headers = {"Authorization": "Bearer sk_test_simulated"}
        async with self._http.get(f"{self._url}/v1/events?limit=100", headers=headers) as answer:
            found = (await answer.json())["data"]
        return [event for event in reversed(found) if event["data"]["object"].get("customer") == customer]

    async def charges(self, customer: str) -> int:
        """How many payments were taken."""
        async with self._http.get(f"{self._url}/_control/objects?kind=payment_intent") as answer:
            found = (await answer.json())["items"]
        return sum(one["customer"] == customer and one["status"] == "succeeded" for one in found)

    async def push(self, owner: Person, event: dict[str, Any], at: datetime | None = None, secret: str = "") -> int:
        """Deliver an event once more, signed at an instant, through the front door."""
        body = json.dumps(event).encode()
        header = sign(body, secret or self._secret, at or datetime.now(UTC))
        headers = {"Stripe-Signature": header, "Content-Type": "application/json"}
        async with self._http.post(f"{owner.gateway}/webhooks/stripe", data=body, headers=headers) as answer:
            return answer.status


@pytest.fixture
def stripe(platform, http) -> Stripe:
    return Stripe(http, platform.stack.stripe_url, platform.stack.keyring.stripe_webhook_secret)


@pytest.fixture
def customer(person) -> Callable[[], Any]:
    """An owner whose organization is on Free."""

    async def make() -> Person:
        owner = await person("Ada Owner").register(organization_name="Acme")
        await eventually(lambda: _has(owner, "plan", "free"))
        return owner

    return make


async def _has(owner: Person, field: str, value: Any) -> bool:
    answer = await owner.call("GET", PATH)
    return answer.status == 200 and answer.body[field] == value


def organization(owner: Person) -> str:
    assert owner.organization is not None
    return str(owner.organization["id"])


async def events_of(platform, owner: Person) -> list[str]:
    rows = await platform.query(
        "SELECT type FROM billing.outbox WHERE org_id = $1::uuid ORDER BY position", organization(owner)
    )
    return [row["type"] for row in rows]


async def test_whoever_registers_is_on_free_and_a_customer_of_stripes(customer, stripe, platform) -> None:
    owner = await customer()
    for kind in ("customer", "subscription"):
        assert len(await stripe.of(kind, organization(owner))) == 1
    entitlements = (await owner.call("GET", "/v1/billing/entitlements")).ok()
    assert (entitlements["plan"], entitlements["seats"]) == ("free", 5)
    facts = await events_of(platform, owner)
    assert facts[:2] == ["subscription.created", "entitlements.changed"]
    assert set(facts[2:]) <= {"invoice.finalized", "invoice.paid"}, "the bill over nothing comes by webhook, later"


async def test_a_plan_is_bought_and_its_invoice_comes_by_webhook(customer, platform) -> None:
    owner = await customer()
    bought = (await owner.call("POST", PATH, PRO, Idempotency_Key="buy-once")).ok()
    assert (bought["plan"], bought["seats"], bought["mrr"]) == ("pro", 7, {"amount": 34300, "currency": "usd"})
    again = await owner.call("POST", PATH, PRO, Idempotency_Key="buy-once")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.ok()["id"] == bought["id"]

    async def invoiced() -> bool:
        items = (await owner.call("GET", "/v1/billing/invoices")).ok()["items"]
        return any(item["status"] == "paid" and item["total"]["amount"] > 0 for item in items)

    await eventually(invoiced)
    facts = await events_of(platform, owner)
    assert facts.count("subscription.updated") == 1
    assert "invoice.paid" in facts


async def test_a_declined_card_is_402_and_nothing_changes(customer) -> None:
    owner = await customer()
    refused = await owner.call("POST", PATH, PRO | {"payment_method": "pm_card_chargeCustomerFail"})
    assert (refused.status, refused.body["code"]) == (402, "payment_declined")
    assert await _has(owner, "plan", "free")


async def test_deliveries_again_and_in_reverse_change_nothing(customer, stripe, platform) -> None:
    owner = await customer()
    (await owner.call("POST", PATH, PRO)).ok()
    (subscription,) = await stripe.of("subscription", organization(owner))
    events = await stripe.events(subscription["customer"])

    async def settled() -> bool:
        ids = [event["id"] for event in events]
        sql = "SELECT count(*) FROM billing.webhooks WHERE external_id = ANY($1) AND state = 'done'"
        handled = [event for event in events if event["type"].startswith(("customer.subscription.", "invoice."))]
        return bool((await platform.query(sql, ids))[0]["count"] == len(handled))

    await eventually(settled)
    before, facts = (await owner.call("GET", PATH)).ok(), await events_of(platform, owner)
    for event in reversed(events):
        assert await stripe.push(owner, event) == 204
        assert await stripe.push(owner, event | {"id": f"{event['id']}_again"}) == 204

    async def handled_again() -> bool:
        sql = "SELECT count(*) FROM billing.webhooks WHERE external_id = ANY($1) AND state <> 'pending'"
        return bool((await platform.query(sql, [f"{e['id']}_again" for e in events]))[0]["count"] == len(events))

    await eventually(handled_again)
    assert (await owner.call("GET", PATH)).ok() == before
    assert await events_of(platform, owner) == facts


async def test_forged_and_stale_deliveries_are_refused(customer, stripe) -> None:
    owner = await customer()
    event = {"id": "evt_forged", "type": "customer.subscription.updated"}
    now = datetime.now(UTC)
    assert await stripe.push(owner, event, secret="whsec_guess") == 400
    assert await stripe.push(owner, event, now - timedelta(minutes=6)) == 400
    assert await stripe.push(owner, event, now + timedelta(minutes=6)) == 400


async def test_another_organization_sees_nothing_of_it(customer) -> None:
    owner, stranger = await customer(), await customer()
    (await owner.call("POST", PATH, PRO)).ok()
    assert await _has(stranger, "plan", "free")
    for invoice in (await stranger.call("GET", "/v1/billing/invoices")).ok()["items"]:
        assert invoice["total"]["amount"] == 0


async def test_a_member_may_not_see_what_the_organization_pays(customer, person) -> None:
    owner = await customer()
    member = person("Bob Member")
    await owner.invite(member)
    await member.join()
    refused = await member.call("GET", PATH)
    assert (refused.status, refused.body["code"]) == (403, "permission_denied")
    assert (await member.call("GET", "/v1/billing/plans")).status == 200


async def test_bought_seats_can_be_filled_and_the_payers_hear_of_the_plan(customer, person) -> None:
    owner = await customer()
    async with owner.stream() as stream:
        (await owner.call("POST", PATH, PRO)).ok()
        assert (await stream.next("notification"))["data"]["kind"] == "subscription.updated"

    async def invited() -> bool:
        answer = await owner.call("POST", "/v1/invitations", {"email": person("X").email, "role": "member"})
        return answer.status == 409

    await eventually(invited)
    pending = (await owner.call("GET", "/v1/invitations")).ok()["items"]
    assert len(pending) == PRO["seats"] - 1, "the owner has a seat, too"
    told = (await owner.call("GET", "/v1/notifications")).ok()["items"]
    assert [(item["category"], item["title"]) for item in told if item["kind"] == "subscription.updated"] == [
        ("billing", "Acme is now on Pro")
    ]
