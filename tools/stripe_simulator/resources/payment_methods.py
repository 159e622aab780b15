"""`/v1/payment_methods`: cards only, made of Stripe's test numbers and tokens."""

import hashlib
from typing import Any, Literal

from stripe_simulator.errors import StripeError, invalid, missing
from stripe_simulator.identifiers import new_id
from stripe_simulator.listing import page
from stripe_simulator.operations import Operations
from stripe_simulator.params import Address, Hash, Listing, Metadata, Params, merged
from stripe_simulator.rendering import rendered
from stripe_simulator.resources import cards
from stripe_simulator.resources.cards import Decline, TestCard
from stripe_simulator.store import Obj
from stripe_simulator.transaction import Tx

operations = Operations()


class BillingDetails(Hash):
    """Whose card it is."""

    address: Address | None = None
    email: str | None = None
    name: str | None = None
    phone: str | None = None


class Card(Hash):
    """A test card by number, or by token."""

    number: str | None = None
    exp_month: int | None = None
    exp_year: int | None = None
    cvc: str | None = None
    token: str | None = None


class Create(Params):
    """A new payment method."""

    type: Literal["card"]
    card: Card
    billing_details: BillingDetails | None = None
    metadata: Metadata = None
    allow_redisplay: Literal["always", "limited", "unspecified"] = "unspecified"


class CardUpdate(Hash):
    """What can change about a card."""

    exp_month: int | None = None
    exp_year: int | None = None


class Update(Params):
    """What can change about a payment method."""

    billing_details: BillingDetails | None = None
    card: CardUpdate | None = None
    metadata: Metadata = None
    allow_redisplay: Literal["always", "limited", "unspecified"] = "unspecified"


class Attach(Params):
    """To whom it is attached."""

    customer: str


class Query(Listing):
    """The list's filters."""

    customer: str | None = None
    type: str | None = None


@operations.post("/v1/payment_methods", Create)
def create(tx: Tx, params: Create) -> Obj:
    """A card that belongs to nobody yet."""
    number = cards.number_of(params.card.token or "") if params.card.token else params.card.number
    known = cards.card((number or "").replace(" ", ""))
    if number is None or known is None:
        raise declined(_UNKNOWN_NUMBER, param="card[number]")
    method = _new(tx, number, known)
    if params.card.exp_month and params.card.exp_year:
        method["card"] |= {"exp_month": params.card.exp_month, "exp_year": params.card.exp_year}
    _change(method, params)
    tx.save(method)
    return rendered(tx, method)


@operations.get("/v1/payment_methods", Query)
def list_payment_methods(tx: Tx, query: Query) -> Obj:
    """Those of a customer."""
    return page(tx, "payment_method", "/v1/payment_methods", query, lambda method: _wanted(method, query))


@operations.get("/v1/payment_methods/{payment_method}")
def retrieve(tx: Tx, _params: Params, id: str) -> Obj:
    """A test token is a payment method too."""
    return rendered(tx, resolve(tx, id, param="id"))


@operations.post("/v1/payment_methods/{payment_method}", Update)
def update(tx: Tx, params: Update, id: str) -> Obj:
    """Only of one that is attached."""
    method = tx.fetch("payment_method", id)
    if method["customer"] is None:
        raise invalid("Attach the payment method to a customer before you update it.", param="payment_method")
    if params.card is not None:
        method["card"] |= params.card.given("exp_month", "exp_year")
    _change(method, params)
    return rendered(tx, tx.update(method))


@operations.post("/v1/payment_methods/{payment_method}/attach", Attach)
def attach(tx: Tx, params: Attach, id: str) -> Obj:
    """To one customer, for good."""
    tx.fetch("customer", params.customer, param="customer")
    return rendered(tx, attached(tx, id, params.customer, param="id"))


@operations.post("/v1/payment_methods/{payment_method}/detach")
def detach(tx: Tx, _params: Params, id: str) -> Obj:
    """It cannot be used again."""
    method = tx.fetch("payment_method", id)
    if method["customer"] is None:
        raise invalid("The payment method is not attached to a customer.", param="payment_method")
    owner = tx.fetch("customer", method["customer"], param="customer")
    previous = {"customer": method["customer"]}
    method |= {"customer": None, "_used": True}
    tx.save(method)
    tx.emit("payment_method.detached", method, previous)
    if owner["invoice_settings"]["default_payment_method"] == id:
        owner["invoice_settings"]["default_payment_method"] = None
        tx.update(owner)
    return rendered(tx, method)


def resolve(tx: Tx, id: str, *, param: str = "payment_method") -> Obj:
    """The payment method with that id; of a test token a new one is made. Raises resource_missing."""
    number = cards.number_of(id)
    known = cards.card(number) if number else None
    if number is None or known is None:
        return tx.fetch("payment_method", id, param=param)
    method = _new(tx, number, known)
    method["_token"] = id
    tx.save(method)
    return method


def attached(tx: Tx, id: str, customer: str, *, param: str = "payment_method") -> Obj:
    """The payment method, attached to the customer now or before. Raises card_error where the card refuses."""
    method = resolve(tx, id, param=param)
    if method["customer"] == customer:
        return method
    if method["customer"] is not None or method.get("_used"):
        raise invalid("The payment method belongs to another customer or was detached: use a new one.", param=param)
    refusal = behaviour(method).on_attach
    if refusal is not None:
        raise declined(refusal)
    method["customer"] = customer
    tx.save(method)
    tx.emit("payment_method.attached", method)
    return method


def behaviour(method: Obj) -> TestCard:
    """What the card does when it is used."""
    known = cards.card(method["_number"])
    if known is None:
        raise missing("payment_method", method["id"])
    return known


def declined(decline: Decline, *, param: str | None = None, keep: bool = False, **extra: Any) -> StripeError:
    """Stripe's answer to a declined card."""
    if decline.decline_code is not None:
        extra["decline_code"] = decline.decline_code
    return StripeError(402, "card_error", decline.message, code=decline.code, param=param, keep=keep, **extra)


_UNKNOWN_NUMBER = Decline("incorrect_number", None, "The simulator knows Stripe's test cards only.")


def _wanted(method: Obj, query: Query) -> bool:
    owner = method["customer"] == query.customer if query.customer else method["customer"] is not None
    return owner and (query.type is None or method["type"] == query.type)


def _change(method: Obj, params: Create | Update) -> None:
    if params.billing_details is not None:
        for name, value in params.billing_details.given("address", "email", "name", "phone").items():
            method["billing_details"][name] = value.model_dump() if isinstance(value, Hash) else value
    if "metadata" in params.model_fields_set:
        method["metadata"] = merged(method["metadata"], params.metadata)
    method |= params.given("allow_redisplay")


def _new(tx: Tx, number: str, known: TestCard) -> Obj:
    return {
        "id": new_id("payment_method"),
        "object": "payment_method",
        "_number": number,
        "_token": None,
        "allow_redisplay": "unspecified",
        "billing_details": {
            "address": Address().model_dump(),
            "email": None,
            "name": None,
            "phone": None,
            "tax_id": None,
        },
        "card": _card(tx, number, known),
        "created": tx.now,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }


def _card(tx: Tx, number: str, known: TestCard) -> Obj:
    year = 1970 + tx.now // 31_556_952
    return {
        "brand": known.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "unchecked"},
        "country": known.country,
        "display_brand": known.brand,
        "exp_month": 12,
        "exp_year": year + 2,
        "fingerprint": hashlib.sha256(number.encode()).hexdigest()[:16],
        "funding": known.funding,
        "generated_from": None,
        "last4": known.last4,
        "networks": {"available": [known.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
