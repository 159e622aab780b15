"""`/v1/webhook_endpoints`: who is told."""

from pydantic import Field

from stripe_simulator.identifiers import new_id, token
from stripe_simulator.listing import page
from stripe_simulator.operations import Operations
from stripe_simulator.params import Listing, Metadata, Params, merged
from stripe_simulator.rendering import rendered
from stripe_simulator.store import Obj
from stripe_simulator.transaction import Tx

operations = Operations()
_URL = r"^https?://[^\s]+$"


class Update(Params):
    """What can change about an endpoint."""

    description: str | None = None
    disabled: bool = False
    enabled_events: list[str] = Field([], min_length=1)
    metadata: Metadata = None
    url: str = Field("", pattern=_URL)


class Create(Params):
    """A new endpoint. `api_version` is what its events say they are; their shape is always the pinned one's."""

    api_version: str | None = None
    description: str | None = None
    enabled_events: list[str] = Field(min_length=1)
    metadata: Metadata = None
    url: str = Field(pattern=_URL)


@operations.post("/v1/webhook_endpoints", Create)
def create(tx: Tx, params: Create) -> Obj:
    """The only answer that holds the secret."""
    secret = f"whsec_{token(32)}"
    endpoint = added(tx, params.url, secret, params.enabled_events)
    endpoint |= params.given("api_version", "description")
    endpoint["metadata"] = merged({}, params.metadata)
    tx.save(endpoint)
    return {**rendered(tx, endpoint), "secret": secret}


@operations.get("/v1/webhook_endpoints", Listing)
def list_endpoints(tx: Tx, query: Listing) -> Obj:
    """All of them."""
    return page(tx, "webhook_endpoint", "/v1/webhook_endpoints", query)


@operations.get("/v1/webhook_endpoints/{endpoint}")
def retrieve(tx: Tx, _params: Params, id: str) -> Obj:
    """One endpoint, without its secret."""
    return rendered(tx, tx.fetch("webhook_endpoint", id))


@operations.post("/v1/webhook_endpoints/{endpoint}", Update)
def update(tx: Tx, params: Update, id: str) -> Obj:
    """Only what is named changes."""
    endpoint = tx.fetch("webhook_endpoint", id)
    endpoint |= params.given("description", "enabled_events", "url")
    if "disabled" in params.model_fields_set:
        endpoint["status"] = "disabled" if params.disabled else "enabled"
    if "metadata" in params.model_fields_set:
        endpoint["metadata"] = merged(endpoint["metadata"], params.metadata)
    tx.save(endpoint)
    return rendered(tx, endpoint)


@operations.delete("/v1/webhook_endpoints/{endpoint}")
def delete(tx: Tx, _params: Params, id: str) -> Obj:
    """What is still owed to it is never sent."""
    tx.fetch("webhook_endpoint", id)
    tx.remove("webhook_endpoint", id)
    return {"id": id, "object": "webhook_endpoint", "deleted": True}


def added(tx: Tx, url: str, secret: str, enabled_events: list[str]) -> Obj:
    """A new endpoint whose secret is known."""
    endpoint: Obj = {
        "id": new_id("webhook_endpoint"),
        "object": "webhook_endpoint",
        "_secret": secret,
        "api_version": None,
        "application": None,
        "created": tx.now,
        "description": None,
        "enabled_events": enabled_events,
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": url,
    }
    tx.save(endpoint)
    return endpoint
