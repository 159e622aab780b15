"""`/v1/events`: what happened in the last 30 days."""

from fnmatch import fnmatchcase

from stripe_simulator.errors import invalid
from stripe_simulator.listing import page
from stripe_simulator.operations import Operations
from stripe_simulator.params import CreatedListing, Params
from stripe_simulator.store import Obj
from stripe_simulator.transaction import Tx

operations = Operations()
_KEPT_SECONDS = 30 * 86_400


class Query(CreatedListing):
    """The list's filters; a type may end in `*`."""

    delivery_success: bool | None = None
    type: str | None = None
    types: list[str] | None = None


@operations.get("/v1/events", Query)
def list_events(tx: Tx, query: Query) -> Obj:
    """Newest first."""
    if query.type is not None and query.types is not None:
        raise invalid("Use either type or types.", param="types", code="parameters_exclusive")
    return page(tx, "event", "/v1/events", query, lambda event: _wanted(event, query, tx.now))


@operations.get("/v1/events/{event}")
def retrieve(tx: Tx, _params: Params, id: str) -> Obj:
    """One event."""
    return tx.fetch("event", id)


def _wanted(event: Obj, query: Query, now: int) -> bool:
    types = query.types if query.types is not None else [query.type or "*"]
    return (
        event["created"] > now - _KEPT_SECONDS
        and query.in_time(event["created"])
        and (query.delivery_success is None or (event["pending_webhooks"] == 0) == query.delivery_success)
        and any(fnmatchcase(event["type"], pattern) for pattern in types)
    )
