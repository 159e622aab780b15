"""`/v1/invoiceitems`: what is put on a customer's next invoice, or on a draft."""

from stripe_simulator.errors import invalid
from stripe_simulator.lifecycle import amounts, invoices, lines
from stripe_simulator.listing import page
from stripe_simulator.operations import Operations
from stripe_simulator.params import CreatedListing, Currency, Hash, Metadata, Params, merged
from stripe_simulator.rendering import rendered
from stripe_simulator.store import Obj
from stripe_simulator.transaction import Tx

operations = Operations()


class Period(Hash):
    """The time the item is about."""

    start: int
    end: int


class Pricing(Hash):
    """The price it is an amount of."""

    price: str


class Create(Params):
    """An amount, or a quantity of a one-time price."""

    amount: int | None = None
    currency: Currency | None = None
    customer: str
    description: str | None = None
    discountable: bool = True
    invoice: str | None = None
    metadata: Metadata = None
    period: Period | None = None
    pricing: Pricing | None = None
    quantity: int | None = None
    subscription: str | None = None


class Update(Params):
    """What can change while it is pending."""

    amount: int = 0
    description: str | None = None
    metadata: Metadata = None


class Query(CreatedListing):
    """The list's filters."""

    customer: str | None = None
    invoice: str | None = None
    pending: bool | None = None


@operations.post("/v1/invoiceitems", Create)
def create(tx: Tx, params: Create) -> Obj:
    """Pending until an invoice takes it; on the draft at once if one is named."""
    customer = tx.fetch("customer", params.customer, param="customer")
    if params.subscription is not None:
        tx.fetch("subscription", params.subscription, param="subscription")
    price = tx.fetch("price", params.pricing.price, param="pricing[price]") if params.pricing else None
    quantity = 1 if params.quantity is None else params.quantity
    item = lines.new_item(
        tx,
        customer["id"],
        _currency(params, price, customer),
        _amount(params, price, quantity),
        description=params.description,
        period=(params.period.start, params.period.end) if params.period else None,
        price=price,
        quantity=quantity,
        subscription=params.subscription,
    )
    item |= {"discountable": params.discountable, "metadata": merged({}, params.metadata)}
    tx.create(item)
    if params.invoice is not None:
        invoices.add_item(tx, tx.fetch("invoice", params.invoice, param="invoice"), item)
    return rendered(tx, tx.fetch("invoiceitem", item["id"]))


@operations.get("/v1/invoiceitems", Query)
def list_items(tx: Tx, query: Query) -> Obj:
    """Pending or not."""
    return page(tx, "invoiceitem", "/v1/invoiceitems", query, lambda item: _wanted(item, query))


@operations.get("/v1/invoiceitems/{item}")
def retrieve(tx: Tx, _params: Params, id: str) -> Obj:
    """One item."""
    return rendered(tx, tx.fetch("invoiceitem", id))


@operations.post("/v1/invoiceitems/{item}", Update)
def update(tx: Tx, params: Update, id: str) -> Obj:
    """Only while it is pending."""
    item = _pending(tx, id)
    item |= params.given("description")
    if "amount" in params.model_fields_set:
        item |= {"amount": params.amount, "net_amount": params.amount}
    if "metadata" in params.model_fields_set:
        item["metadata"] = merged(item["metadata"], params.metadata)
    tx.save(item)
    return rendered(tx, item)


@operations.delete("/v1/invoiceitems/{item}")
def delete(tx: Tx, _params: Params, id: str) -> Obj:
    """Only while it is pending."""
    tx.emit("invoiceitem.deleted", _pending(tx, id))
    tx.remove("invoiceitem", id)
    return {"id": id, "object": "invoiceitem", "deleted": True}


def _pending(tx: Tx, id: str) -> Obj:
    item = tx.fetch("invoiceitem", id)
    if item["invoice"] is not None:
        raise invalid("The item is on an invoice already.", code="invoice_not_editable")
    return item


def _amount(params: Create, price: Obj | None, quantity: int) -> int:
    if price is not None:
        return amounts.rounded(amounts.exact(price, quantity))
    if params.amount is None:
        raise invalid("Give an amount or a price.", param="amount", code="parameter_missing")
    return params.amount


def _currency(params: Create, price: Obj | None, customer: Obj) -> str:
    currency: str | None = price["currency"] if price is not None else params.currency or customer["currency"]
    if currency is None:
        raise invalid("Missing required param: currency.", param="currency", code="parameter_missing")
    return currency


def _wanted(item: Obj, query: Query) -> bool:
    return (
        query.in_time(item["date"])
        and (query.customer is None or item["customer"] == query.customer)
        and (query.invoice is None or item["invoice"] == query.invoice)
        and (query.pending is None or (item["invoice"] is None) == query.pending)
    )
