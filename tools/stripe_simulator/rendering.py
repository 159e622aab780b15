"""What is stored, as Stripe's API shows it: names that begin with `_` are the simulator's own and are left out."""

from collections.abc import Callable
from typing import Any

from stripe_simulator.store import Obj, Objects

_SHAPES: dict[str, Callable[[Objects, Obj], Obj]] = {}


def shows(kind: str) -> Callable[[Callable[[Objects, Obj], Obj]], Callable[[Objects, Obj], Obj]]:
    """Register what turns a stored object of that kind into the one that is shown."""

    def register(shape: Callable[[Objects, Obj], Obj]) -> Callable[[Objects, Obj], Obj]:
        _SHAPES[kind] = shape
        return shape

    return register


def rendered(objects: Objects, obj: Obj) -> Obj:
    """A new object to show; a list's items are shown too."""
    shape = _SHAPES.get(obj.get("object", ""))
    shown: Obj = public(shape(objects, obj) if shape else obj)
    return shown


def public(value: Any) -> Any:
    """A copy without the simulator's own names."""
    if isinstance(value, dict):
        return {key: public(inner) for key, inner in value.items() if not key.startswith("_")}
    if isinstance(value, list):
        return [public(inner) for inner in value]
    return value


def filled(names: str, value: Any = None) -> Obj:
    """An object with these fields, all of that value; the names are separated by spaces."""
    return dict.fromkeys(names.split(), value)


def listed(url: str, data: list[Obj], *, has_more: bool = False) -> Obj:
    """Stripe's list object."""
    return {"object": "list", "data": data, "has_more": has_more, "url": url}
