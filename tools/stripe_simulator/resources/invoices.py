"""`/v1/invoices`."""

from typing import Literal

from pydantic import Field

from stripe_simulator.errors import invalid
from stripe_simulator.expansion import includes
from stripe_simulator.lifecycle import collection
from stripe_simulator.lifecycle import invoices as books
from stripe_simulator.listing import cut, page
from stripe_simulator.operations import Operations
from stripe_simulator.params import CreatedListing, Currency, Listing, Metadata, Params, merged
from stripe_simulator.rendering import listed, rendered
from stripe_simulator.store import Obj, Objects
from stripe_simulator.transaction import Tx

operations = Operations()


class Update(Params):
    """What can change about an invoice: most of it only while it is a draft."""

    auto_advance: bool = False
    collection_method: Literal["charge_automatically", "send_invoice"] = "charge_automatically"
    days_until_due: int | None = Field(None, ge=0)
    default_payment_method: str | None = None
    description: str | None = None
    due_date: int | None = None
    footer: str | None = None
    metadata: Metadata = None


class Create(Update):
    """A new draft."""

    currency: Currency | None = None
    customer: str
    pending_invoice_items_behavior: Literal["exclude", "include"] = "exclude"


class Finalize(Params):
    """Whether it goes on by itself."""

    auto_advance: bool | None = None


class Pay(Params):
    """What it is paid with."""

    off_session: bool = True
    paid_out_of_band: bool = False
    payment_method: str | None = None


class Query(CreatedListing):
    """The list's filters."""

    collection_method: Literal["charge_automatically", "send_invoice"] | None = None
    customer: str | None = None
    status: Literal["draft", "open", "paid", "uncollectible", "void"] | None = None
    subscription: str | None = None


@operations.post("/v1/invoices", Create)
def create(tx: Tx, params: Create) -> Obj:
    """A draft, with the pending items if they are asked for."""
    customer = tx.fetch("customer", params.customer, param="customer")
    pending = params.pending_invoice_items_behavior == "include"
    currency = params.currency or customer["currency"] or _currency_of_items(tx, customer["id"]) or "usd"
    lines = books.pending_lines(tx, customer["id"], None, currency) if pending else []
    invoice = books.draft(
        tx,
        customer,
        lines,
        currency=currency,
        reason="manual",
        collection_method=params.collection_method,
        days_until_due=params.days_until_due,
        auto_advance=params.auto_advance,
        prepare=lambda invoice: _change(tx, invoice, params),
    )
    return rendered(tx, invoice)


@operations.get("/v1/invoices", Query)
def list_invoices(tx: Tx, query: Query) -> Obj:
    """Newest first."""
    return page(tx, "invoice", "/v1/invoices", query, lambda invoice: _wanted(invoice, query))


@operations.get("/v1/invoices/{invoice}")
def retrieve(tx: Tx, _params: Params, id: str) -> Obj:
    """One invoice."""
    return rendered(tx, tx.fetch("invoice", id))


@operations.get("/v1/invoices/{invoice}/lines", Listing)
def list_lines(tx: Tx, query: Listing, id: str) -> Obj:
    """The invoice's lines in its own order."""
    return cut(tx, "line_item", f"/v1/invoices/{id}/lines", query, tx.fetch("invoice", id)["lines"]["data"])


@operations.post("/v1/invoices/{invoice}", Update)
def update(tx: Tx, params: Update, id: str) -> Obj:
    """Only what is named changes."""
    invoice = tx.fetch("invoice", id)
    if invoice["status"] != "draft" and params.model_fields_set - {"metadata", "auto_advance", "expand", "due_date"}:
        raise invalid("Only a draft can be changed like this.", code="invoice_not_editable")
    _change(tx, invoice, params)
    return rendered(tx, tx.update(invoice))


@operations.delete("/v1/invoices/{invoice}")
def delete(tx: Tx, _params: Params, id: str) -> Obj:
    """Only a draft that no subscription made; its items are pending again."""
    invoice = tx.fetch("invoice", id)
    if invoice["status"] != "draft" or invoice["_subscription"] is not None:
        raise invalid("Only drafts of single invoices can be deleted.", code="invoice_not_editable")
    for item in list(tx.scan("invoiceitem")):
        if item["invoice"] == id:
            tx.save({**item, "invoice": None})
    tx.unschedule(id, "finalize_invoice")
    tx.emit("invoice.deleted", invoice)
    tx.remove("invoice", id)
    return {"id": id, "object": "invoice", "deleted": True}


@operations.post("/v1/invoices/{invoice}/finalize", Finalize)
def finalize(tx: Tx, params: Finalize, id: str) -> Obj:
    """From draft to open; what costs nothing is paid."""
    invoice = tx.fetch("invoice", id)
    if params.auto_advance is not None:
        invoice["auto_advance"] = params.auto_advance
    collection.open_invoice(tx, invoice)
    return rendered(tx, tx.fetch("invoice", id))


@operations.post("/v1/invoices/{invoice}/pay", Pay)
def pay(tx: Tx, params: Pay, id: str) -> Obj:
    """Now. Raises card_error when the card refuses; the attempt stays."""
    invoice = tx.fetch("invoice", id)
    if invoice["status"] == "draft":
        collection.open_invoice(tx, invoice)
    elif invoice["status"] not in ("open", "uncollectible"):
        raise invalid(f"The invoice is {invoice['status']}.", code="invoice_not_editable")
    if invoice["status"] == "paid":
        return rendered(tx, invoice)
    if params.paid_out_of_band:
        collection.pay_elsewhere(tx, invoice)
        return rendered(tx, invoice)
    chosen, owner = params.payment_method, invoice["customer"]
    method = collection.given_method(tx, chosen, owner, param="payment_method") if chosen else None
    if method is None and collection.method_for(tx, invoice) is None:
        raise collection.no_method()
    if collection.pay(tx, invoice, method, off_session=params.off_session) != "paid":
        raise collection.refusal(tx, invoice)
    return rendered(tx, tx.fetch("invoice", id))


@operations.post("/v1/invoices/{invoice}/void")
def void(tx: Tx, _params: Params, id: str) -> Obj:
    """It counts as zero from now on."""
    invoice = tx.fetch("invoice", id)
    books.void(tx, invoice)
    return rendered(tx, invoice)


@operations.post("/v1/invoices/{invoice}/mark_uncollectible")
def mark_uncollectible(tx: Tx, _params: Params, id: str) -> Obj:
    """It may still be paid."""
    invoice = tx.fetch("invoice", id)
    books.give_up(tx, invoice)
    return rendered(tx, invoice)


@operations.post("/v1/invoices/{invoice}/send")
def send(tx: Tx, _params: Params, id: str) -> Obj:
    """The simulator sends no mail; the event says that Stripe would."""
    invoice = tx.fetch("invoice", id)
    if invoice["collection_method"] != "send_invoice":
        raise invalid("Only invoices with collection_method=send_invoice are sent.")
    if invoice["status"] == "draft":
        collection.open_invoice(tx, invoice)
    tx.emit("invoice.sent", invoice)
    return rendered(tx, tx.fetch("invoice", id))


@includes("invoice", "payments")
def _payments(objects: Objects, invoice: Obj) -> Obj:
    own = [payment for payment in objects.scan("invoice_payment") if payment["invoice"] == invoice["id"]]
    return listed(f"/v1/invoice_payments?invoice={invoice['id']}", [rendered(objects, payment) for payment in own])


@includes("invoice", "confirmation_secret")
def _confirmation_secret(objects: Objects, invoice: Obj) -> Obj | None:
    stored = objects.peek("invoice", invoice["id"]) or {}
    intent = objects.peek("payment_intent", stored.get("_intent") or "")
    return {"client_secret": intent["client_secret"], "type": "payment_intent"} if intent is not None else None


def _currency_of_items(tx: Tx, customer: str) -> str | None:
    pending = (item for item in tx.scan("invoiceitem") if item["customer"] == customer and item["invoice"] is None)
    return next((str(item["currency"]) for item in pending), None)


def _change(tx: Tx, invoice: Obj, params: Update) -> None:
    invoice |= params.given("auto_advance", "collection_method", "description", "due_date", "footer")
    if "days_until_due" in params.model_fields_set:
        invoice["_days_until_due"] = params.days_until_due
    if "metadata" in params.model_fields_set:
        invoice["metadata"] = merged(invoice["metadata"], params.metadata)
    if "default_payment_method" in params.model_fields_set:
        chosen = params.default_payment_method
        method = collection.given_method(tx, chosen, invoice["customer"]) if chosen else None
        invoice["default_payment_method"] = method and method["id"]


def _wanted(invoice: Obj, query: Query) -> bool:
    return (
        query.in_time(invoice["created"])
        and (query.customer is None or invoice["customer"] == query.customer)
        and (query.status is None or invoice["status"] == query.status)
        and (query.subscription is None or invoice["_subscription"] == query.subscription)
        and (query.collection_method is None or invoice["collection_method"] == query.collection_method)
    )
