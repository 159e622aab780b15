"""Every object that is answered has the fields that the SDK's own classes declare, each of the declared kind."""

import importlib
import json
import re
import types
import typing
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import aiohttp
import stripe
from stripe._list_object import ListObject
from stripe._object_classes import OBJECT_CLASSES
from stripe._stripe_object import StripeObject, UntypedStripeObject

from stripe_simulator.catalogue import operations
from stripe_simulator.server import Running

# Under these names the SDK imports a class that it publishes under another.
ALIASES = {"CardResource": "Card"}


def declared(cls: type[StripeObject]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if issubclass(base, StripeObject) and base is not StripeObject:
            fields |= {name: kind for name, kind in base.__annotations__.items() if not name.startswith("_")}
    return {name: kind for name, kind in fields.items() if typing.get_origin(kind) is not typing.ClassVar}


def wrong(value: Any, kind: Any, where: str) -> Iterator[str]:
    """Why the JSON value is not of that kind; nothing if it is."""
    kind = resolved(kind)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        found = [list(wrong(value, one, where)) for one in arguments]
        if all(found):
            yield from min(found, key=lambda reasons: (reasons[0].endswith("is no object"), len(reasons)))
    elif origin is typing.Literal:
        if value not in arguments:
            yield f"{where}: {value!r} is none of {arguments}"
    elif origin is list:
        yield from wrong_list(value, arguments[0], where)
    elif origin is ListObject:
        yield from wrong_list(value.get("data") if isinstance(value, dict) else value, arguments[0], where)
    elif origin is UntypedStripeObject:
        yield from [] if isinstance(value, dict) else [f"{where} is no object"]
    elif isinstance(kind, type) and issubclass(kind, StripeObject):
        yield from wrong_object(value, kind, where)
    elif kind is not Any:
        yield from wrong_scalar(value, kind, where)


def resolved(kind: Any) -> Any:
    """The class behind a name."""
    if isinstance(kind, typing.ForwardRef):
        kind = kind.__forward_arg__
    if not isinstance(kind, str):
        return kind
    name = ALIASES.get(kind, kind)
    return getattr(stripe, name, None) or next(load(*place) for place in OBJECT_CLASSES.values() if place[1] == name)


def load(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


def wrong_list(value: Any, kind: Any, where: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{where} is no list"
        return
    for index, item in enumerate(value):
        yield from wrong(item, kind, f"{where}[{index}]")


def wrong_object(value: Any, cls: type[StripeObject], where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where} is no object"
        return
    fields = declared(cls)
    for name in value.keys() - fields.keys():
        yield f"{where}.{name} is not declared"
    for name, kind in fields.items():
        if name in value:
            yield from wrong(value[name], kind, f"{where}.{name}")
        elif type(None) not in typing.get_args(kind):
            yield f"{where}.{name} is missing"


def wrong_scalar(value: Any, kind: Any, where: str) -> Iterator[str]:
    if kind is Decimal:
        try:
            fits = isinstance(value, str) and Decimal(value).is_finite()
        except InvalidOperation:
            fits = False
    elif kind is float:
        fits = isinstance(value, int | float) and not isinstance(value, bool)
    else:
        fits = isinstance(value, types.NoneType if kind is type(None) else kind) and (
            kind is bool or not isinstance(value, bool)
        )
    if not fits:
        yield f"{where}: {value!r} is no {getattr(kind, '__name__', kind)}"


def check(obj: dict[str, Any]) -> list[str]:
    return list(wrong_object(obj, load(*OBJECT_CLASSES[obj["object"]]), obj["object"]))


async def history(api: stripe.StripeClient, customer: Any, price: Any, control: Any) -> None:
    """A bit of everything: all objects there are, in as many states as there are."""
    visa = await customer(address={"city": "Graz"}, shipping={"name": "A", "address": {"city": "Graz"}})
    none = await customer(None)
    tiers = [{"up_to": 5, "flat_amount": 100}, {"up_to": "inf", "unit_amount_decimal": "12.5"}]
    pro, free = await price(1500, nickname="n", lookup_key="pro"), await price(0)
    tiered = await price(None, billing_scheme="tiered", tiers_mode="volume", tiers=tiers)
    metered = await price(3, recurring={"interval": "month", "usage_type": "metered"})
    packed = await price(300, transform_quantity={"divide_by": 10, "round": "up"})
    one_time = await price(700, recurring=None)
    create: Any = api.v1.subscriptions.create_async
    first = await create({"customer": visa.id, "items": [{"price": p.id} for p in (pro, tiered, packed)]})
    await create({"customer": visa.id, "items": [{"price": metered.id}], "trial_period_days": 10})
    await create({"customer": none.id, "items": [{"price": free.id}], "cancel_at_period_end": True})
    await create({"customer": none.id, "items": [{"price": pro.id}], "payment_behavior": "default_incomplete"})
    secure = await customer("pm_card_threeDSecure2Required")
    await create({"customer": secure.id, "items": [{"price": pro.id}]})
    failing = await customer("pm_card_chargeCustomerFail")
    await create({"customer": failing.id, "items": [{"price": pro.id}]})
    await create({"customer": (late := await customer()).id, "items": [{"price": pro.id}]})
    bad = await api.v1.payment_methods.attach_async("pm_card_chargeCustomerFail", {"customer": late.id})
    await api.v1.customers.update_async(late.id, {"invoice_settings": {"default_payment_method": bad.id}})
    await api.v1.invoice_items.create_async({"customer": visa.id, "pricing": {"price": one_time.id}, "quantity": 2})
    await api.v1.invoices.create_async(
        {"customer": visa.id, "collection_method": "send_invoice", "days_until_due": 5, "auto_advance": True}
    )
    await api.v1.payment_intents.create_async(
        {"amount": 5, "currency": "jpy", "confirm": True, "payment_method": "pm_card_visa", "capture_method": "manual"}
    )
    update: Any = {
        "items": [{"id": first["items"].data[0].id, "quantity": 3}],
        "pause_collection": {"behavior": "void"},
    }
    await control.advance(days=5)
    await api.v1.subscriptions.update_async(first.id, update)
    await control.advance(days=40)


LISTS = (
    "/v1/charges?expand[]=data.payment_intent",
    "/v1/customers?expand[]=data.subscriptions&expand[]=data.invoice_settings.default_payment_method",
    "/v1/events",
    "/v1/invoice_payments",
    "/v1/invoiceitems",
    "/v1/invoices?expand[]=data.payments&expand[]=data.confirmation_secret&expand[]=data.customer",
    "/v1/payment_intents?expand[]=data.latest_charge&expand[]=data.payment_method",
    "/v1/payment_methods?expand[]=data.customer",
    "/v1/prices?expand[]=data.tiers&expand[]=data.product",
    "/v1/products",
    "/v1/subscriptions?status=all&expand[]=data.latest_invoice.lines&expand[]=data.default_payment_method",
    "/v1/webhook_endpoints",
)


async def test_every_object_has_the_shape_that_the_sdk_declares(
    simulator: Running, api: stripe.StripeClient, customer: Any, price: Any, control: Any
) -> None:
    await history(api, customer, price, control)
    found: list[dict[str, Any]] = []
    async with aiohttp.ClientSession(simulator.url, headers={"Authorization": "Bearer sk_test_1"}) as http:
        for path in LISTS:
            answer = await (await http.get(path + ("&" if "?" in path else "?") + "limit=100")).json()
            assert answer["object"] == "list", (path, answer)
            assert answer["data"], path
            found += answer["data"]
    found += [event["data"]["object"] for event in found if event["object"] == "event"]
    assert len({obj["object"] for obj in found}) == len(LISTS)
    assert {obj["status"] for obj in found if obj["object"] == "subscription"} >= {"active", "canceled", "past_due"}
    problems = {problem for obj in found if not obj.get("deleted") for problem in check(obj)}
    assert not problems, json.dumps(sorted(problems), indent=1)


async def test_a_wrong_shape_is_noticed(api: stripe.StripeClient) -> None:
    made = (await api.v1.products.create_async({"name": "Pro"})).to_dict()
    assert check(made) == []
    assert check({**made, "active": "yes"}) == ["product.active: 'yes' is no bool"]
    assert check({**made, "colour": 1}) == ["product.colour is not declared"]
    assert check({name: value for name, value in made.items() if name != "images"}) == ["product.images is missing"]


def test_every_operation_is_one_that_stripe_has() -> None:
    known = set(_paths_of_the_sdk())
    ours = {_generic(operation.path) for operation in operations().all}
    assert {path for path in ours if path not in known} == set()


PARAMS = {
    "/v1/customers": "Customer",
    "/v1/invoiceitems": "InvoiceItem",
    "/v1/invoices": "Invoice",
    "/v1/payment_intents": "PaymentIntent",
    "/v1/payment_methods": "PaymentMethod",
    "/v1/prices": "Price",
    "/v1/products": "Product",
    "/v1/subscriptions": "Subscription",
    "/v1/webhook_endpoints": "WebhookEndpoint",
}


# Scripts that were written for older versions say it like this, and are let.
OLDER = {"payment_method_types"}


def test_every_parameter_is_one_that_stripe_knows() -> None:
    checked = 0
    for operation in operations().all:
        root, _, rest = operation.path.partition("/{")
        if root in PARAMS and "/" not in rest and (operation.method == "POST" or not rest):
            verb = {"GET": "List", "POST": "Modify" if rest else "Create"}[operation.method]
            known = load("stripe.params", f"{PARAMS[root]}{verb}Params").__annotations__
            assert set(operation.params.model_fields) - OLDER - set(known) == set(), operation.path
            checked += 1
    assert checked == 3 * len(PARAMS)


def _generic(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


def _paths_of_the_sdk() -> Iterator[str]:
    for source in Path(stripe.__file__).parent.glob("*_service.py"):
        for path in re.findall(r'"(/v1/[^"]+)"', source.read_text()):
            yield re.sub(r"\{[^}]+\}", "{}", path)
