"""`/v1/prices`: flat, per unit, tiered and packaged."""

from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from stripe_simulator.errors import invalid
from stripe_simulator.expansion import includes
from stripe_simulator.identifiers import new_id
from stripe_simulator.listing import page
from stripe_simulator.operations import Operations
from stripe_simulator.params import CreatedListing, Currency, Hash, Metadata, Params, merged
from stripe_simulator.rendering import rendered
from stripe_simulator.resources import products
from stripe_simulator.store import Obj, Objects
from stripe_simulator.transaction import Tx

operations = Operations()
Interval = Literal["day", "week", "month", "year"]
_MOST_YEARS = {"day": 1095, "week": 156, "month": 36, "year": 3}


class Recurring(Hash):
    """How often it is paid; at most every three years."""

    interval: Interval
    interval_count: int = Field(1, ge=1)
    meter: str | None = None
    trial_period_days: int | None = None
    usage_type: Literal["licensed", "metered"] = "licensed"


class Tier(Hash):
    """What units cost up to a number of them."""

    up_to: int | Literal["inf"]
    flat_amount: int | None = None
    flat_amount_decimal: Decimal | None = None
    unit_amount: int | None = None
    unit_amount_decimal: Decimal | None = None


class Package(Hash):
    """Units that are paid by the package."""

    divide_by: int = Field(ge=1)
    round: Literal["up", "down"]


class ProductData(Hash):
    """A product that is made with the price."""

    name: str
    id: str | None = None
    active: bool = True
    metadata: Metadata = None
    statement_descriptor: str | None = None
    unit_label: str | None = None


class Update(Params):
    """What can change about a price: never what it costs."""

    active: bool = True
    lookup_key: str | None = None
    metadata: Metadata = None
    nickname: str | None = None
    tax_behavior: Literal["exclusive", "inclusive", "unspecified"] = "unspecified"
    transfer_lookup_key: bool = False


class Create(Update):
    """A new price."""

    billing_scheme: Literal["per_unit", "tiered"] = "per_unit"
    currency: Currency
    product: str | None = None
    product_data: ProductData | None = None
    recurring: Recurring | None = None
    tiers: list[Tier] | None = None
    tiers_mode: Literal["graduated", "volume"] | None = None
    transform_quantity: Package | None = None
    unit_amount: int | None = Field(None, ge=0)
    unit_amount_decimal: Decimal | None = Field(None, ge=0)


class RecurringQuery(Hash):
    """A filter on the recurring part."""

    interval: Interval | None = None
    meter: str | None = None
    usage_type: Literal["licensed", "metered"] | None = None


class Query(CreatedListing):
    """The list's filters."""

    active: bool | None = None
    currency: Currency | None = None
    lookup_keys: list[str] | None = None
    product: str | None = None
    recurring: RecurringQuery | None = None
    type: Literal["one_time", "recurring"] | None = None


@operations.post("/v1/prices", Create)
def create(tx: Tx, params: Create) -> Obj:
    """A new price of a product."""
    _check(params)
    price = _new(tx, params, _product(tx, params))
    _change(tx, price, params)
    return rendered(tx, tx.create(price))


@operations.get("/v1/prices", Query)
def list_prices(tx: Tx, query: Query) -> Obj:
    """Active or not."""
    return page(tx, "price", "/v1/prices", query, lambda price: _wanted(price, query))


@operations.get("/v1/prices/{price}")
def retrieve(tx: Tx, _params: Params, id: str) -> Obj:
    """One price."""
    return rendered(tx, tx.fetch("price", id))


@operations.post("/v1/prices/{price}", Update)
def update(tx: Tx, params: Update, id: str) -> Obj:
    """Only what is named changes."""
    price = tx.fetch("price", id)
    _change(tx, price, params)
    return rendered(tx, tx.update(price))


@includes("price", "tiers")
def _tiers(objects: Objects, price: Obj) -> Any:
    stored = objects.peek("price", price["id"])
    return stored["_tiers"] if stored else None


def _check(params: Create) -> None:
    if (params.product is None) == (params.product_data is None):
        raise invalid("Give either product or product_data.", param="product", code="parameter_missing")
    amounts = [params.unit_amount is not None, params.unit_amount_decimal is not None]
    if params.billing_scheme == "tiered":
        if not params.tiers or params.tiers_mode is None or any(amounts):
            raise invalid("A tiered price needs tiers and tiers_mode, and no unit_amount.", param="tiers")
        if params.tiers[-1].up_to != "inf":
            raise invalid("The last tier must have no upper bound: up_to=inf.", param="tiers")
    elif params.tiers or params.tiers_mode:
        raise invalid("Tiers need billing_scheme=tiered.", param="tiers")
    elif sum(amounts) != 1:
        raise invalid("Give either unit_amount or unit_amount_decimal.", param="unit_amount", code="parameter_missing")
    recurring = params.recurring
    if recurring is not None and recurring.interval_count > _MOST_YEARS[recurring.interval]:
        raise invalid("The interval may be three years at most.", param="recurring[interval_count]")


def _product(tx: Tx, params: Create) -> str:
    if params.product_data is not None:
        fields = params.product_data.model_dump(exclude_unset=True)
        return str(products.create(tx, products.Create(**fields))["id"])
    return str(tx.fetch("product", params.product, param="product")["id"])


def _change(tx: Tx, price: Obj, params: Update) -> None:
    price |= params.given("active", "nickname", "tax_behavior")
    if "metadata" in params.model_fields_set:
        price["metadata"] = merged(price["metadata"], params.metadata)
    if "lookup_key" in params.model_fields_set:
        _take_lookup_key(tx, price["id"], params.lookup_key, params.transfer_lookup_key)
        price["lookup_key"] = params.lookup_key


def _take_lookup_key(tx: Tx, id: str, key: str | None, transfer: bool) -> None:
    """A lookup key has one price. Raises invalid_request_error unless it may be taken from the other."""
    for other in list(tx.scan("price")):
        if key is not None and other["lookup_key"] == key and other["id"] != id:
            if not transfer:
                raise invalid(f"A price ('{other['id']}') already uses this lookup key.", param="lookup_key")
            tx.update({**other, "lookup_key": None})


def _wanted(price: Obj, query: Query) -> bool:
    recurring = price["recurring"] or {}
    filters = query.recurring.model_dump(exclude_none=True) if query.recurring else {}
    return (
        query.in_time(price["created"])
        and (query.active is None or price["active"] == query.active)
        and (query.currency is None or price["currency"] == query.currency)
        and (query.lookup_keys is None or price["lookup_key"] in query.lookup_keys)
        and (query.product is None or price["product"] == query.product)
        and (query.type is None or price["type"] == query.type)
        and all(recurring.get(name) == value for name, value in filters.items())
    )


def decimal_text(amount: Decimal | int | None) -> str | None:
    """An amount in minor units as Stripe writes decimals: no exponent, no trailing zeros."""
    if amount is None:
        return None
    text = f"{Decimal(amount):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _whole(amount: int | None, exact: Decimal | None) -> int | None:
    if exact is None:
        return amount
    return int(exact) if exact == exact.to_integral_value() else None


def _tier(tier: Tier) -> Obj:
    return {
        "flat_amount": _whole(tier.flat_amount, tier.flat_amount_decimal),
        "flat_amount_decimal": decimal_text(tier.flat_amount_decimal if tier.flat_amount is None else tier.flat_amount),
        "unit_amount": _whole(tier.unit_amount, tier.unit_amount_decimal),
        "unit_amount_decimal": decimal_text(tier.unit_amount_decimal if tier.unit_amount is None else tier.unit_amount),
        "up_to": None if tier.up_to == "inf" else tier.up_to,
    }


def _new(tx: Tx, params: Create, product: str) -> Obj:
    exact = params.unit_amount_decimal if params.unit_amount is None else Decimal(params.unit_amount)
    return {
        "id": new_id("price"),
        "object": "price",
        "_tiers": [_tier(tier) for tier in params.tiers] if params.tiers else None,
        "active": True,
        "billing_scheme": params.billing_scheme,
        "created": tx.now,
        "currency": params.currency,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": product,
        "recurring": params.recurring.model_dump() if params.recurring else None,
        "tax_behavior": "unspecified",
        "tiers_mode": params.tiers_mode,
        "transform_quantity": params.transform_quantity.model_dump() if params.transform_quantity else None,
        "type": "recurring" if params.recurring else "one_time",
        "unit_amount": _whole(params.unit_amount, params.unit_amount_decimal),
        "unit_amount_decimal": decimal_text(exact),
    }
