"""`expand[]`: ids in an answer are replaced by their objects, and fields that are left out by default are put in."""

from collections.abc import Callable
from typing import Any

from stripe_simulator.errors import StripeError, invalid
from stripe_simulator.identifiers import PREFIXES
from stripe_simulator.rendering import rendered
from stripe_simulator.store import Obj, Objects

_KINDS = {prefix: kind for kind, prefix in PREFIXES.items()}
_INCLUDED: dict[tuple[str, str], Callable[[Objects, Obj], Any]] = {}
_MAX_DEPTH = 4
# They hold ids of other kinds of things, or nobody can ask for them.
_NEVER = frozenset({"id", "object", "subscription_item", "invoice_item", "secret", "client_secret"})


def includes(kind: str, field: str) -> Callable[[Callable[[Objects, Obj], Any]], Callable[[Objects, Obj], Any]]:
    """Register what computes a field that is shown only when it is asked for."""

    def register(compute: Callable[[Objects, Obj], Any]) -> Callable[[Objects, Obj], Any]:
        _INCLUDED[kind, field] = compute
        return compute

    return register


def expand(objects: Objects, answer: Obj, paths: list[str]) -> Obj:
    """Change the answer in place. Raises invalid_request_error for what cannot be expanded."""
    for path in paths:
        steps = path.split(".")
        if len([step for step in steps if step != "data"]) > _MAX_DEPTH:
            raise invalid(f"You cannot expand more than {_MAX_DEPTH} levels of a property ({path})", param="expand")
        if answer.get("object") == "list" and steps[0] != "data":
            raise invalid(f"A list is expanded below its data, as in data.{path}", param="expand")
        _walk(objects, answer, steps, path)
    return answer


def _walk(objects: Objects, value: Any, steps: list[str], path: str) -> None:
    if not steps or value is None:
        return
    if isinstance(value, list):
        for item in value:
            _walk(objects, item, steps, path)
        return
    step, rest = steps[0], steps[1:]
    if not isinstance(value, dict) or step in _NEVER:
        raise _cannot(path)
    compute = _INCLUDED.get((value.get("object", ""), step))
    if compute is not None and step not in value:
        value[step] = compute(objects, value)
    if step not in value:
        raise _cannot(path)
    if isinstance(value[step], str):
        value[step] = _object(objects, value[step], path)
    elif not rest and isinstance(value[step], int | float):
        raise _cannot(path)
    _walk(objects, value[step], rest, path)


def _object(objects: Objects, id: str, path: str) -> Obj:
    prefix, separator, _ = id.partition("_")
    found = objects.peek(_KINDS[prefix], id) if separator and prefix in _KINDS else None
    # A product's id may be the caller's own.
    found = found or objects.peek("product", id)
    if found is None:
        raise _cannot(path)
    return rendered(objects, found)


def _cannot(path: str) -> StripeError:
    return invalid(f"This property cannot be expanded ({path}).", param="expand")
