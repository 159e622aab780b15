"""Customers, products and prices through the real SDK, synchronous and asynchronous."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
import stripe

from stripe_simulator import API_VERSION
from stripe_simulator.server import Running


async def test_the_sdk_pins_the_version_that_is_simulated() -> None:
    assert stripe.api_version == API_VERSION


async def test_a_customer_lives_and_dies(api: stripe.StripeClient) -> None:
    made = await api.v1.customers.create_async({"email": "ada@example.com", "metadata": {"org": "1", "plan": "free"}})
    assert made.id.startswith("cus_")
    await api.v1.customers.update_async(made.id, {"name": "Ada", "metadata": {"plan": "", "tier": "2"}})
    changed = await api.v1.customers.retrieve_async(made.id)
    assert (changed.name, changed.email, changed.metadata.to_dict()) == (
        "Ada",
        "ada@example.com",
        {"org": "1", "tier": "2"},
    )
    cleared = await api.v1.customers.update_async(made.id, {"metadata": "", "name": ""})
    assert (cleared.metadata.to_dict(), cleared.name) == ({}, None)
    gone = await api.v1.customers.delete_async(made.id)
    assert gone.deleted
    assert (await api.v1.customers.retrieve_async(made.id)).deleted
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await api.v1.customers.update_async(made.id, {"name": "Nobody"})
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


async def test_the_synchronous_sdk_gets_the_same(simulator: Running) -> None:
    client = stripe.StripeClient("sk_test_1", base_addresses={"api": simulator.url})

    def use() -> list[str]:
        for number in range(3):
            client.v1.customers.create({"name": f"customer {number}"})
        return [customer.name or "" for customer in client.v1.customers.list({"limit": 2}).auto_paging_iter()]

    assert await asyncio.to_thread(use) == ["customer 2", "customer 1", "customer 0"]


async def test_lists_are_cut_forwards_and_backwards(api: stripe.StripeClient) -> None:
    ids = [(await api.v1.customers.create_async({"email": f"c{n % 2}@example.com"})).id for n in range(5)]
    newest = list(reversed(ids))
    first = await api.v1.customers.list_async({"limit": 2})
    assert ([c.id for c in first.data], first.has_more) == (newest[:2], True)
    rest = await api.v1.customers.list_async({"limit": 3, "starting_after": newest[1]})
    assert ([c.id for c in rest.data], rest.has_more) == (newest[2:], False)
    back = await api.v1.customers.list_async({"limit": 2, "ending_before": newest[4]})
    assert ([c.id for c in back.data], back.has_more) == (newest[2:4], True)
    odd = await api.v1.customers.list_async({"email": "c1@example.com"})
    assert [c.id for c in odd.data] == [newest[1], newest[3]]
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        await api.v1.customers.list_async({"starting_after": "cus_nobody"})


async def test_a_product_keeps_the_id_it_is_given_and_its_prices_keep_it(api: stripe.StripeClient) -> None:
    await api.v1.products.create_async({"id": "plan_pro", "name": "Pro"})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await api.v1.products.create_async({"id": "plan_pro", "name": "Pro again"})
    assert refused.value.code == "resource_already_exists"
    price = await api.v1.prices.create_async(
        {"product": "plan_pro", "currency": "EUR", "unit_amount": 900, "expand": ["product"]}
    )
    assert isinstance(price.product, stripe.Product)
    assert (price.product.id, price.currency, price.type, price.unit_amount_decimal) == (
        "plan_pro",
        "eur",
        "one_time",
        Decimal(900),
    )
    with pytest.raises(stripe.InvalidRequestError):
        await api.v1.products.delete_async("plan_pro")


async def test_a_lookup_key_has_one_price_and_can_be_taken_over(api: stripe.StripeClient) -> None:
    params: Any = {"currency": "usd", "unit_amount": 1, "product_data": {"name": "P"}, "lookup_key": "pro_monthly"}
    first = await api.v1.prices.create_async(params)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await api.v1.prices.create_async(params)
    assert refused.value.param == "lookup_key"
    second = await api.v1.prices.create_async({**params, "transfer_lookup_key": True})
    found = await api.v1.prices.list_async({"lookup_keys": ["pro_monthly"]})
    assert [price.id for price in found.data] == [second.id]
    assert (await api.v1.prices.retrieve_async(first.id)).lookup_key is None


async def test_tiers_are_shown_when_they_are_asked_for(api: stripe.StripeClient) -> None:
    price = await api.v1.prices.create_async(
        {
            "currency": "usd",
            "product_data": {"name": "Runs"},
            "recurring": {"interval": "month", "usage_type": "metered"},
            "billing_scheme": "tiered",
            "tiers_mode": "graduated",
            "tiers": [{"up_to": 100, "unit_amount": 0}, {"up_to": "inf", "unit_amount_decimal": "0.5"}],  # type: ignore[typeddict-item]
        }
    )
    assert "tiers" not in price
    tiers = (await api.v1.prices.retrieve_async(price.id, {"expand": ["tiers"]})).tiers
    assert tiers is not None
    assert [(tier.up_to, tier.unit_amount_decimal) for tier in tiers] == [(100, Decimal(0)), (None, Decimal("0.5"))]


@pytest.mark.parametrize(
    ("params", "param", "code"),
    [
        ({"currency": "usd", "product": "prod_none", "unit_amount": 1}, "product", "resource_missing"),
        ({"currency": "usd", "product": "p", "unit_amount": "many"}, "unit_amount", "parameter_invalid_integer"),
        ({"product": "p", "unit_amount": 1}, "currency", "parameter_missing"),
        ({"currency": "usd", "product": "p"}, "unit_amount", "parameter_missing"),
        ({"currency": "usd", "product": "p", "unit_amount": 1, "colour": "red"}, "colour", "parameter_unknown"),
        (
            {"currency": "usd", "product": "p", "unit_amount": 1, "recurring": {"interval": "soon"}},
            "recurring[interval]",
            None,
        ),
    ],
)
async def test_a_wrong_parameter_is_named(api: stripe.StripeClient, params: Any, param: str, code: str | None) -> None:
    await api.v1.products.create_async({"id": "p", "name": "P"})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await api.v1.prices.create_async(params)
    assert (refused.value.param, refused.value.code, refused.value.http_status) == (param, code, 400)


async def test_a_product_can_bring_its_price(api: stripe.StripeClient) -> None:
    product = await api.v1.products.create_async(
        {
            "name": "Pro",
            "default_price_data": {"currency": "usd", "unit_amount": 1500, "recurring": {"interval": "year"}},
            "expand": ["default_price"],
        }
    )
    assert isinstance(product.default_price, stripe.Price)
    assert product.default_price.recurring is not None
    assert (product.default_price.recurring.interval, product.default_price.product) == ("year", product.id)
