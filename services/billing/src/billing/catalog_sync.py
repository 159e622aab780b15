"""Makes Stripe match the reviewed catalogue: first the difference, then only what differs."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from billing.domain.plans import Catalogue, Plan, Price
from billing.stripe_gateway import StripeGateway

LOOKUP_KEYS_AT_ONCE = 10


class Contradiction(Exception):
    """Stripe sells something else under a name that the catalogue uses; only a new version of the plan mends that."""


@dataclass(frozen=True)
class Difference:
    """One thing Stripe lacks or says otherwise, and how it is put right."""

    what: str
    mend: Callable[[], Awaitable[None]]


def product_id(plan: Plan) -> str:
    """Chosen by us, so that a product is never made twice."""
    return f"plan_{plan.code}"


async def differences(catalogue: Catalogue, gateway: StripeGateway) -> list[Difference]:
    """In the order in which they must be mended. Raises Contradiction, StripeFailure."""
    found: list[Difference] = []
    for plan in catalogue.plans:
        found += _product(plan, await gateway.get_product(product_id(plan)), gateway)
    prices = list(catalogue.prices())
    known: dict[str, dict[str, Any]] = {}
    for start in range(0, len(prices), LOOKUP_KEYS_AT_ONCE):
        keys = [price.lookup_key for price in prices[start : start + LOOKUP_KEYS_AT_ONCE]]
        known |= await gateway.list_prices(keys)
    for price in prices:
        found += _price(catalogue.plan(price.plan), price, known.get(price.lookup_key), gateway)
    return found


async def mend(found: Sequence[Difference]) -> None:
    """One after the other; what was done stays done if one fails."""
    for difference in found:
        await difference.mend()


def _product(plan: Plan, stored: dict[str, Any] | None, gateway: StripeGateway) -> list[Difference]:
    product = product_id(plan)
    if stored is None:
        making = partial(gateway.create_product, product, plan.name, plan.summary)
        return [Difference(f"+ product {product} “{plan.name}”", making)]
    if (stored["name"], stored.get("description"), stored["active"]) == (plan.name, plan.summary, True):
        return []
    changing = partial(gateway.update_product, product, plan.name, plan.summary)
    return [Difference(f"~ product {product}: “{stored['name']}” -> “{plan.name}”, {plan.summary}", changing)]


def _price(plan: Plan, price: Price, stored: dict[str, Any] | None, gateway: StripeGateway) -> list[Difference]:
    shown = f"{price.amount} {price.currency} a {price.interval}"
    if stored is None:
        making = partial(
            gateway.create_price,
            product_id(plan),
            lookup_key=price.lookup_key,
            amount=price.amount,
            currency=price.currency,
            interval=price.interval,
            metadata={"plan": price.plan, "version": str(price.version)},
        )
        return [Difference(f"+ price {price.lookup_key}: {shown}", making)]
    sold = (stored["unit_amount"], stored["currency"], stored["recurring"]["interval"])
    if sold != (price.amount, price.currency, price.interval):
        raise Contradiction(
            f"{price.lookup_key} is {sold[0]} {sold[1]} a {sold[2]} at Stripe and {shown} in the catalogue:"
            f" a price never changes, add version {price.version + 1} of {plan.code}"
        )
    return []
