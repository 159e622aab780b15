"""The real SDK against the simulator: what each way of failing means."""

from datetime import UTC, datetime, timedelta

import pytest

from billing.stripe_gateway import Broken, Busy, Declined, Refused, StripeGateway, Unanswered
from contracts.ids import new_id


async def customer_of(gateway, **how):
    return await gateway.create_customer(
        **{"name": "Acme", "organization_id": str(new_id()), "key": str(new_id())} | how
    )


async def test_the_same_key_makes_one_customer(gateway):
    how = {"key": "once", "organization_id": "o-1"}
    assert await customer_of(gateway, **how) == await customer_of(gateway, **how)


async def test_a_customer_is_found_by_its_mark_and_its_time(gateway):
    mine = str(new_id())
    customer = await customer_of(gateway, organization_id=mine)
    now, minute = datetime.now(UTC), timedelta(minutes=1)
    assert await gateway.find_customer(mine, now - minute, now + minute) == customer
    assert await gateway.find_customer(str(new_id()), now - minute, now + minute) is None
    assert await gateway.find_customer(mine, now - 3 * minute, now - 2 * minute) is None


async def test_an_answer_says_when_at_stripe_it_was_so(gateway, sold):
    customer = await customer_of(gateway)
    fetched = await gateway.create_subscription(
        customer=customer, lookup_key="free_month_v1", quantity=1, metadata={"subscription_id": "s-1"}, key="k-1"
    )
    assert abs(fetched.as_of - datetime.now(UTC)) < timedelta(seconds=3)
    found = await gateway.find_subscription(customer, "s-1")
    assert found is not None
    assert found.raw["id"] == fetched.raw["id"]
    assert (await gateway.get_subscription(fetched.raw["id"])).raw["status"] == "active"


async def test_a_price_that_was_not_synced_is_worth_waiting_for(gateway, sold):
    with pytest.raises(Busy, match="catalog sync"):
        await gateway.create_subscription(customer="c", lookup_key="gold_month_v1", quantity=1, metadata={}, key="k-2")


async def test_each_failure_says_what_may_be_done_next(gateway, simulator):
    await simulator.arm("http_429")
    with pytest.raises(Busy):
        await customer_of(gateway)
    await simulator.arm("http_500")
    with pytest.raises(Broken):
        await customer_of(gateway)
    await simulator.arm("timeout_after_commit", seconds=0.01)
    with pytest.raises(Unanswered):
        await customer_of(gateway, key="cut", organization_id="o-2")
    assert await customer_of(gateway, key="cut", organization_id="o-2") in {
        one["id"] for one in await simulator.objects("customer") if one["metadata"]["organization_id"] == "o-2"
    }
    with pytest.raises(Refused):
        await gateway.get_subscription("sub_none")


async def test_a_declined_card_is_the_payers_matter(gateway):
    with pytest.raises(Declined):
        await gateway.attach_payment_method(await customer_of(gateway), "pm_card_chargeDeclined", key="k-3")


async def test_nobody_there_is_no_answer(settings):
    nowhere = StripeGateway(settings(stripe_api_base="http://127.0.0.1:9", stripe_timeout_seconds=1))
    with pytest.raises(Unanswered):
        await nowhere.get_invoice("in_1")
    await nowhere.close()
