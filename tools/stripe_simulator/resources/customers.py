"""`/v1/customers`."""

from typing import Literal

from stripe_simulator.expansion import includes
from stripe_simulator.identifiers import new_id, token
from stripe_simulator.listing import page
from stripe_simulator.operations import Operations
from stripe_simulator.params import Address, CreatedListing, Hash, Listing, Metadata, Params, merged
from stripe_simulator.rendering import listed, rendered
from stripe_simulator.resources.payment_methods import attached
from stripe_simulator.store import Obj, Objects
from stripe_simulator.transaction import Tx

operations = Operations()
_PLAIN = ("address", "balance", "business_name", "description", "email", "individual_name", "name", "phone", "shipping")
_MORE = ("invoice_prefix", "next_invoice_sequence", "preferred_locales", "tax_exempt")


class Shipping(Hash):
    """Where goods go."""

    address: Address | None = None
    name: str | None = None
    phone: str | None = None
    carrier: str | None = None
    tracking_number: str | None = None


class CustomField(Hash):
    """A line on each invoice."""

    name: str
    value: str


class InvoiceSettings(Hash):
    """What the customer's invoices begin with."""

    custom_fields: list[CustomField] | None = None
    default_payment_method: str | None = None
    footer: str | None = None


class Update(Params):
    """What can be said about a customer."""

    address: Address | None = None
    balance: int = 0
    business_name: str | None = None
    description: str | None = None
    email: str | None = None
    individual_name: str | None = None
    invoice_prefix: str | None = None
    invoice_settings: InvoiceSettings | None = None
    metadata: Metadata = None
    name: str | None = None
    next_invoice_sequence: int | None = None
    phone: str | None = None
    preferred_locales: list[str] | None = None
    shipping: Shipping | None = None
    tax_exempt: Literal["exempt", "none", "reverse"] | None = None


class Create(Update):
    """A new customer, with a payment method if there is one."""

    payment_method: str | None = None


class Query(CreatedListing):
    """The list's filters."""

    email: str | None = None


@operations.post("/v1/customers", Create)
def create(tx: Tx, params: Create) -> Obj:
    """A new customer."""
    customer = _new(tx)
    tx.save(customer)
    method = attached(tx, params.payment_method, customer["id"]) if params.payment_method else None
    _change(tx, customer, params, method)
    return rendered(tx, tx.create(customer))


@operations.get("/v1/customers", Query)
def list_customers(tx: Tx, query: Query) -> Obj:
    """Those that are not deleted."""
    return page(tx, "customer", "/v1/customers", query, lambda customer: _wanted(customer, query))


@operations.get("/v1/customers/{customer}")
def retrieve(tx: Tx, _params: Params, id: str) -> Obj:
    """A deleted customer is a stub that says so."""
    found = tx.get("customer", id)
    return found if found is not None and found.get("deleted") else rendered(tx, tx.fetch("customer", id))


@operations.post("/v1/customers/{customer}", Update)
def update(tx: Tx, params: Update, id: str) -> Obj:
    """Only what is named changes."""
    customer = tx.fetch("customer", id)
    _change(tx, customer, params, None)
    return rendered(tx, tx.update(customer))


@operations.delete("/v1/customers/{customer}")
def delete(tx: Tx, _params: Params, id: str) -> Obj:
    """For ever; its subscriptions end at once."""
    from stripe_simulator.lifecycle import endings

    customer = tx.fetch("customer", id)
    for subscription in list(tx.scan("subscription")):
        if subscription["customer"] == id and subscription["status"] not in endings.ENDED:
            endings.end(tx, tx.fetch("subscription", subscription["id"]))
    endings.stop_collecting(tx, lambda invoice: invoice["customer"] == id)
    tx.emit("customer.deleted", customer)
    stub = {"id": id, "object": "customer", "deleted": True}
    tx.save(stub)
    return stub


@operations.get("/v1/customers/{customer}/payment_methods", Listing)
def payment_methods(tx: Tx, query: Listing, id: str) -> Obj:
    """Those attached to the customer."""
    tx.fetch("customer", id)
    url = f"/v1/customers/{id}/payment_methods"
    return page(tx, "payment_method", url, query, lambda method: method["customer"] == id)


@includes("customer", "subscriptions")
def _subscriptions(objects: Objects, customer: Obj) -> Obj:
    own = [s for s in objects.scan("subscription") if s["customer"] == customer["id"] and s["status"] != "canceled"]
    return listed(f"/v1/subscriptions?customer={customer['id']}", [rendered(objects, s) for s in reversed(own)])


def _wanted(customer: Obj, query: Query) -> bool:
    return query.in_time(customer["created"]) and (query.email is None or customer["email"] == query.email)


def _change(tx: Tx, customer: Obj, params: Update, method: Obj | None) -> None:
    for name, value in params.given(*_PLAIN, *_MORE).items():
        customer[name] = value.model_dump() if isinstance(value, Hash) else value
    if "metadata" in params.model_fields_set:
        customer["metadata"] = merged(customer["metadata"], params.metadata)
    if params.invoice_settings is None:
        return
    for name, value in params.invoice_settings.given("custom_fields", "footer").items():
        customer["invoice_settings"][name] = (
            [field.model_dump() for field in value] if name != "footer" and value else value
        )
    if "default_payment_method" in params.invoice_settings.model_fields_set:
        chosen = params.invoice_settings.default_payment_method
        customer["invoice_settings"]["default_payment_method"] = _default(tx, chosen, customer["id"], method)


def _default(tx: Tx, chosen: str | None, customer: str, method: Obj | None) -> str | None:
    """A test token stands for the payment method that was just made of it, or for a new one."""
    if chosen is None:
        return None
    if method is not None and chosen in (method["id"], method["_token"]):
        return str(method["id"])
    param = "invoice_settings[default_payment_method]"
    found = attached(tx, chosen, customer, param=param)
    return str(found["id"])


def _new(tx: Tx) -> Obj:
    return {
        "id": new_id("customer"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": tx.now,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": token(8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
