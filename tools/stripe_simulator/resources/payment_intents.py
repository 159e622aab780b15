"""`/v1/payment_intents`, and the charges and invoice payments that come of them."""

from typing import Literal

from pydantic import Field

from stripe_simulator.errors import invalid
from stripe_simulator.lifecycle import collection, payments
from stripe_simulator.listing import page
from stripe_simulator.operations import Operations
from stripe_simulator.params import CreatedListing, Currency, Hash, Listing, Metadata, Params, merged
from stripe_simulator.rendering import rendered
from stripe_simulator.resources.payment_methods import attached, resolve
from stripe_simulator.store import Obj
from stripe_simulator.transaction import Tx

operations = Operations()
_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


class AutomaticPaymentMethods(Hash):
    """Cards are all there is."""

    enabled: bool
    allow_redirects: Literal["always", "never"] | None = None


class Update(Params):
    """What can change before it is paid."""

    allowed_payment_method_types: list[Literal["card"]] | None = None
    amount: int = Field(1, ge=1)
    customer: str | None = None
    description: str | None = None
    metadata: Metadata = None
    payment_method: str | None = None
    # Scripts that were written for older versions still say it like this.
    payment_method_types: list[Literal["card"]] | None = None
    receipt_email: str | None = None
    setup_future_usage: Literal["off_session", "on_session"] | None = None
    statement_descriptor_suffix: str | None = None


class Create(Update):
    """A new payment, tried at once with `confirm`."""

    amount: int = Field(ge=1)
    automatic_payment_methods: AutomaticPaymentMethods | None = None
    capture_method: Literal["automatic", "automatic_async", "manual"] = "automatic_async"
    confirm: bool = False
    currency: Currency
    error_on_requires_action: bool = False
    off_session: bool = False
    return_url: str | None = None


class Confirm(Params):
    """The attempt."""

    error_on_requires_action: bool = False
    off_session: bool = False
    payment_method: str | None = None
    return_url: str | None = None


class Cancel(Params):
    """Why not."""

    cancellation_reason: Literal["abandoned", "duplicate", "fraudulent", "requested_by_customer"] | None = None


class Capture(Params):
    """How much of it."""

    amount_to_capture: int | None = Field(None, ge=1)


class Query(CreatedListing):
    """The list's filters."""

    customer: str | None = None


class ChargeQuery(Query):
    """The list's filters."""

    payment_intent: str | None = None


class InvoicePaymentQuery(Listing):
    """The list's filters."""

    invoice: str | None = None
    status: Literal["canceled", "open", "paid"] | None = None


@operations.post("/v1/payment_intents", Create)
def create(tx: Tx, params: Create) -> Obj:
    """A new payment. Raises card_error when it is confirmed and the card refuses; the attempt stays."""
    intent = payments.new_intent(tx, params.amount, params.currency)
    intent["capture_method"] = params.capture_method
    if params.automatic_payment_methods is not None:
        intent["automatic_payment_methods"] = params.automatic_payment_methods.model_dump(exclude_none=True)
    _change(tx, intent, params)
    tx.create(intent)
    if params.confirm:
        _confirm(tx, intent, Confirm(**params.given("off_session", "return_url", "error_on_requires_action")))
    return rendered(tx, tx.fetch("payment_intent", intent["id"]))


@operations.get("/v1/payment_intents", Query)
def list_intents(tx: Tx, query: Query) -> Obj:
    """Newest first."""
    return page(tx, "payment_intent", "/v1/payment_intents", query, lambda found: _wanted(found, query))


@operations.get("/v1/payment_intents/{intent}")
def retrieve(tx: Tx, _params: Params, id: str) -> Obj:
    """One payment."""
    return rendered(tx, tx.fetch("payment_intent", id))


@operations.post("/v1/payment_intents/{intent}", Update)
def update(tx: Tx, params: Update, id: str) -> Obj:
    """Only before it is paid."""
    intent = _open(tx, id)
    _change(tx, intent, params)
    tx.save(intent)
    return rendered(tx, intent)


@operations.post("/v1/payment_intents/{intent}/confirm", Confirm)
def confirm(tx: Tx, params: Confirm, id: str) -> Obj:
    """Try it. Raises card_error when the card refuses; the attempt stays."""
    _confirm(tx, _open(tx, id), params)
    return rendered(tx, tx.fetch("payment_intent", id))


@operations.post("/v1/payment_intents/{intent}/cancel", Cancel)
def cancel(tx: Tx, params: Cancel, id: str) -> Obj:
    """For good."""
    intent = tx.fetch("payment_intent", id)
    if intent["status"] not in (*_OPEN, "requires_capture"):
        raise _unexpected(intent)
    payments.cancel(tx, intent, params.cancellation_reason)
    return rendered(tx, intent)


@operations.post("/v1/payment_intents/{intent}/capture", Capture)
def capture(tx: Tx, params: Capture, id: str) -> Obj:
    """Take what was reserved."""
    intent = tx.fetch("payment_intent", id)
    if intent["status"] != "requires_capture":
        raise _unexpected(intent)
    amount = params.amount_to_capture or intent["amount_capturable"]
    if amount > intent["amount_capturable"]:
        raise invalid(
            "More than was authorized cannot be captured.", param="amount_to_capture", code="amount_too_large"
        )
    payments.capture(tx, intent, amount)
    return rendered(tx, intent)


@operations.get("/v1/charges", ChargeQuery)
def list_charges(tx: Tx, query: ChargeQuery) -> Obj:
    """Newest first."""
    return page(tx, "charge", "/v1/charges", query, lambda charge: _charge_wanted(charge, query))


@operations.get("/v1/charges/{charge}")
def retrieve_charge(tx: Tx, _params: Params, id: str) -> Obj:
    """One attempt."""
    return rendered(tx, tx.fetch("charge", id))


@operations.get("/v1/invoice_payments", InvoicePaymentQuery)
def list_invoice_payments(tx: Tx, query: InvoicePaymentQuery) -> Obj:
    """Which payment is for which invoice."""
    return page(
        tx,
        "invoice_payment",
        "/v1/invoice_payments",
        query,
        lambda found: query.invoice in (None, found["invoice"]) and query.status in (None, found["status"]),
    )


def settle(tx: Tx, intent: Obj, outcome: payments.Outcome) -> None:
    """What a payment's outcome means for its invoice, if it has one."""
    invoice = tx.get("invoice", intent.get("_invoice") or "")
    if invoice is not None and invoice["status"] == "open" and outcome != "requires_action":
        collection.after(tx, invoice, outcome)


def _confirm(tx: Tx, intent: Obj, params: Confirm) -> None:
    chosen = params.payment_method or intent["payment_method"]
    if chosen is None:
        message = "The payment needs a payment method before it can be confirmed."
        raise invalid(message, param="payment_method", code="payment_intent_unexpected_state")
    method = resolve(tx, chosen)
    if method["customer"] is not None and method["customer"] != intent["customer"]:
        raise invalid("The payment method belongs to a customer; name the customer too.", param="payment_method")
    if intent["customer"] is not None and intent["setup_future_usage"] is not None:
        method = attached(tx, method["id"], intent["customer"])
    if params.return_url is not None:
        intent["_return_url"] = params.return_url
    outcome = payments.confirm(tx, intent, method, off_session=params.off_session)
    settle(tx, intent, outcome)
    if outcome == "failed":
        raise payments.refusal(tx, intent)
    if outcome == "requires_action" and params.error_on_requires_action:
        raise payments.needs_authentication(tx, intent)


def _open(tx: Tx, id: str) -> Obj:
    intent = tx.fetch("payment_intent", id)
    if intent["status"] not in _OPEN:
        raise _unexpected(intent)
    return intent


def _unexpected(intent: Obj) -> Exception:
    message = f"The payment's status is {intent['status']}, which does not allow this."
    return invalid(message, code="payment_intent_unexpected_state")


def _change(tx: Tx, intent: Obj, params: Update) -> None:
    intent |= params.given("description", "receipt_email", "setup_future_usage", "statement_descriptor_suffix")
    if "amount" in params.model_fields_set:
        intent["amount"] = params.amount
    if "customer" in params.model_fields_set:
        intent["customer"] = params.customer and tx.fetch("customer", params.customer, param="customer")["id"]
    if "metadata" in params.model_fields_set:
        intent["metadata"] = merged(intent["metadata"], params.metadata)
    if "payment_method" in params.model_fields_set:
        chosen = params.payment_method
        intent["payment_method"] = resolve(tx, chosen)["id"] if chosen else None
        intent["status"] = "requires_confirmation" if chosen else "requires_payment_method"


def _wanted(intent: Obj, query: Query) -> bool:
    return query.in_time(intent["created"]) and query.customer in (None, intent["customer"])


def _charge_wanted(charge: Obj, query: ChargeQuery) -> bool:
    return _wanted(charge, query) and query.payment_intent in (None, charge["payment_intent"])
