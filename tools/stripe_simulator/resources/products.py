"""`/v1/products`."""

from stripe_simulator.errors import invalid
from stripe_simulator.identifiers import new_id
from stripe_simulator.listing import page
from stripe_simulator.operations import Operations
from stripe_simulator.params import CreatedListing, Hash, Metadata, Params, merged, parse
from stripe_simulator.rendering import rendered
from stripe_simulator.store import Obj
from stripe_simulator.transaction import Tx

operations = Operations()
_PLAIN = ("active", "description", "images", "name", "shippable", "statement_descriptor", "unit_label", "url")


class Feature(Hash):
    """A line on a pricing table."""

    name: str


class Common(Params):
    """What can be said about a product."""

    active: bool = True
    description: str | None = None
    images: list[str] | None = None
    marketing_features: list[Feature] | None = None
    metadata: Metadata = None
    name: str = ""
    shippable: bool | None = None
    statement_descriptor: str | None = None
    tax_code: str | None = None
    unit_label: str | None = None
    url: str | None = None


class Update(Common):
    """What can change about a product."""

    default_price: str | None = None


class DefaultPrice(Hash):
    """A price that is made with the product."""

    currency: str
    metadata: Metadata = None
    recurring: dict[str, str] | None = None
    unit_amount: int | None = None
    unit_amount_decimal: str | None = None


class Create(Common):
    """A new product; the id may be the caller's own."""

    default_price_data: DefaultPrice | None = None
    id: str | None = None
    name: str


class Query(CreatedListing):
    """The list's filters."""

    active: bool | None = None
    ids: list[str] | None = None
    shippable: bool | None = None
    url: str | None = None


@operations.post("/v1/products", Create)
def create(tx: Tx, params: Create) -> Obj:
    """A new product."""
    if params.id is not None and tx.peek("product", params.id) is not None:
        raise invalid(f"Product already exists: '{params.id}'", param="id", code="resource_already_exists")
    product = _new(tx, params.id or new_id("product"))
    _change(product, params)
    tx.create(product)
    if params.default_price_data is not None:
        product["default_price"] = _with_price(tx, product["id"], params.default_price_data)
        tx.update(product)
    return rendered(tx, product)


@operations.get("/v1/products", Query)
def list_products(tx: Tx, query: Query) -> Obj:
    """Active or not."""
    return page(tx, "product", "/v1/products", query, lambda product: _wanted(product, query))


@operations.get("/v1/products/{product}")
def retrieve(tx: Tx, _params: Params, id: str) -> Obj:
    """One product."""
    return rendered(tx, tx.fetch("product", id))


@operations.post("/v1/products/{product}", Update)
def update(tx: Tx, params: Update, id: str) -> Obj:
    """Only what is named changes."""
    product = tx.fetch("product", id)
    _change(product, params)
    if "default_price" in params.model_fields_set:
        product["default_price"] = params.default_price and tx.fetch("price", params.default_price, param="price")["id"]
    if product != tx.peek("product", id):
        product["updated"] = tx.now
    return rendered(tx, tx.update(product))


@operations.delete("/v1/products/{product}")
def delete(tx: Tx, _params: Params, id: str) -> Obj:
    """Only without prices."""
    product = tx.fetch("product", id)
    if any(price["product"] == id for price in tx.scan("price")):
        raise invalid("The product has prices and cannot be deleted; make it inactive instead.")
    tx.emit("product.deleted", product)
    tx.remove("product", id)
    return {"id": id, "object": "product", "deleted": True}


def _wanted(product: Obj, query: Query) -> bool:
    return (
        query.in_time(product["created"])
        and (query.active is None or product["active"] == query.active)
        and (query.ids is None or product["id"] in query.ids)
        and (query.shippable is None or product["shippable"] == query.shippable)
        and (query.url is None or product["url"] == query.url)
    )


def _with_price(tx: Tx, product: str, data: DefaultPrice) -> str:
    from stripe_simulator.resources import prices

    wanted = {**data.model_dump(exclude_unset=True), "product": product}
    return str(prices.create(tx, parse(prices.Create, wanted))["id"])


def _change(product: Obj, params: Common) -> None:
    product |= params.given(*_PLAIN, "tax_code")
    product["images"] = product["images"] or []
    if "marketing_features" in params.model_fields_set:
        product["marketing_features"] = [feature.model_dump() for feature in params.marketing_features or []]
    if "metadata" in params.model_fields_set:
        product["metadata"] = merged(product["metadata"], params.metadata)


def _new(tx: Tx, id: str) -> Obj:
    return {
        "id": id,
        "object": "product",
        "active": True,
        "created": tx.now,
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "name": "",
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "type": "service",
        "unit_label": None,
        "updated": tx.now,
        "url": None,
    }
