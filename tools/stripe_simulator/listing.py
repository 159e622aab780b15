"""Pages of a list, newest first, as Stripe cuts them."""

from collections.abc import Callable

from stripe_simulator.errors import invalid, missing
from stripe_simulator.params import Listing
from stripe_simulator.rendering import listed, rendered
from stripe_simulator.store import Obj
from stripe_simulator.transaction import Tx


def page(tx: Tx, kind: str, url: str, query: Listing, wanted: Callable[[Obj], bool] = lambda _: True) -> Obj:
    """One page of the objects of that kind that are wanted. Raises resource_missing for an unknown cursor."""
    found = [obj for obj in tx.scan(kind) if not obj.get("deleted") and wanted(obj)]
    found.reverse()
    return cut(tx, kind, url, query, found)


def cut(tx: Tx, kind: str, url: str, query: Listing, found: list[Obj]) -> Obj:
    """The page of `found` that the query's cursor and limit ask for."""
    if query.starting_after is not None and query.ending_before is not None:
        raise invalid("Use either starting_after or ending_before.", code="parameters_exclusive")
    if query.ending_before is not None:
        end = _position(tx, kind, found, query.ending_before, "ending_before")
        start = max(0, end - query.limit)
        more = start > 0
    else:
        after = query.starting_after
        start = 0 if after is None else _position(tx, kind, found, after, "starting_after") + 1
        end = start + query.limit
        more = end < len(found)
    return listed(url, [rendered(tx, obj) for obj in found[start:end]], has_more=more)


def _position(tx: Tx, kind: str, found: list[Obj], id: str, param: str) -> int:
    for index, obj in enumerate(found):
        if obj["id"] == id:
            return index
    if tx.peek(kind, id) is None:
        raise missing(kind, id, param=param)
    raise invalid(f"The object '{id}' is not in this list", param=param)
