"""`/v1/subscription_items`: read only; a subscription's update changes them."""

from stripe_simulator.errors import missing
from stripe_simulator.listing import cut
from stripe_simulator.operations import Operations
from stripe_simulator.params import Listing, Params
from stripe_simulator.resources.subscription_shape import show_item
from stripe_simulator.store import Obj
from stripe_simulator.transaction import Tx

operations = Operations()


class Query(Listing):
    """Whose items."""

    subscription: str


@operations.get("/v1/subscription_items", Query)
def list_items(tx: Tx, query: Query) -> Obj:
    """Those of one subscription, in its own order."""
    found = tx.fetch("subscription", query.subscription, param="subscription")["items"]["data"]
    return cut(tx, "subscription_item", "/v1/subscription_items", query, found)


@operations.get("/v1/subscription_items/{item}")
def retrieve(tx: Tx, _params: Params, id: str) -> Obj:
    """One item of any subscription."""
    for subscription in tx.scan("subscription"):
        for item in subscription["items"]["data"]:
            if item["id"] == id:
                return show_item(tx, item)
    raise missing("subscription_item", id, status=404)
