"""The worker dies between Stripe's answer and our commit: Stripe has one of each thing in the end."""

import asyncio

import pytest

from chassis.testing import eventually
from tests.integration.test_billing import PATH, Stripe, organization

PRO = {"plan": "pro", "seats": 3, "payment_method": "pm_card_visa"}


@pytest.fixture
def stripe(platform, http) -> Stripe:
    return Stripe(http, platform.stack.stripe_url, platform.stack.keyring.stripe_webhook_secret)


async def on(owner, plan: str) -> bool:
    answer = await owner.call("GET", PATH)
    return answer.status == 200 and answer.body["plan"] == plan and answer.body["pending_operation"] is None


# The second time is the subscription's call: the first was the customer's.
@pytest.mark.parametrize(
    "point",
    [
        "billing.before_outcome",
        "billing.before_outcome:2",
        pytest.param("billing.before_call", marks=pytest.mark.long),
        pytest.param("billing.after_outcome", marks=pytest.mark.long),
    ],
)
async def test_killed_around_a_call_there_is_one_customer_and_one_subscription(platform, person, stripe, point) -> None:
    await asyncio.to_thread(platform.stop, "billing-work")
    await asyncio.to_thread(platform.start, "billing-work", FAULT_KILL_AT=point)
    owner = await person("Ada Owner").register(organization_name="Acme")
    assert await asyncio.to_thread(platform.wait_dead, "billing-work") == -9
    await asyncio.to_thread(platform.start, "billing-work")
    await eventually(lambda: on(owner, "free"))
    for kind in ("customer", "subscription"):
        assert len(await stripe.of(kind, organization(owner))) == 1


async def test_killed_after_a_purchase_it_is_charged_once(platform, person, stripe) -> None:
    owner = await person("Ada Owner").register(organization_name="Acme")
    await eventually(lambda: on(owner, "free"))
    await asyncio.to_thread(platform.stop, "billing-work")
    await asyncio.to_thread(platform.start, "billing-work", FAULT_KILL_AT="billing.before_outcome")
    buying = asyncio.create_task(owner.call("POST", PATH, PRO, Idempotency_Key="one-click"))
    assert await asyncio.to_thread(platform.wait_dead, "billing-work") == -9
    await asyncio.to_thread(platform.start, "billing-work")
    assert (await buying).status in (200, 202)
    await eventually(lambda: on(owner, "pro"))
    (subscription,) = await stripe.of("subscription", organization(owner))
    assert await stripe.charges(subscription["customer"]) == 1


async def test_killed_while_handling_webhooks_the_books_are_the_same(platform, person, stripe) -> None:
    owner = await person("Ada Owner").register(organization_name="Acme")
    await eventually(lambda: on(owner, "free"))
    await asyncio.to_thread(platform.stop, "billing-work")
    await asyncio.to_thread(platform.start, "billing-work", FAULT_KILL_AT="billing.webhook_handled:2")
    buying = asyncio.create_task(owner.call("POST", PATH, PRO))
    assert await asyncio.to_thread(platform.wait_dead, "billing-work") == -9
    await asyncio.to_thread(platform.start, "billing-work")
    await buying
    await eventually(lambda: on(owner, "pro"))

    async def invoiced() -> bool:
        items = (await owner.call("GET", "/v1/billing/invoices")).ok()["items"]
        return sum(item["status"] == "paid" and item["total"]["amount"] > 0 for item in items) == 1

    await eventually(invoiced)
