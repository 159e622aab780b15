"""Stripe's form encoding: `items[0][price]=…&metadata[k]=v&expand[]=…` to nested values and back to parameter names."""

import re
from collections.abc import Iterable
from typing import Any

from stripe_simulator.errors import invalid

_KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
_MAX_DEPTH = 8
# Hashes whose keys are the caller's: `metadata[0]` is a key, not a position.
_FREE_KEYS = frozenset({"metadata"})

_Tree = dict[str, Any]


def decode(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Nested dicts and lists of strings. Raises invalid_request_error for a name that is no such path."""
    tree: _Tree = {}
    for name, value in pairs:
        _place(tree, _path(name), value, name)
    return {key: _with_lists(key, value) for key, value in tree.items()}


def _path(name: str) -> list[str]:
    match = _KEY.match(name)
    if match is None:
        raise invalid(f"Invalid parameter name: {name}", param=name)
    path = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
    if len(path) > _MAX_DEPTH:
        raise invalid(f"The parameter {name} is nested too deep", param=name)
    return path


def _place(tree: _Tree, path: list[str], value: str, name: str) -> None:
    for key in path[:-1]:
        inner = tree.setdefault(key if key else str(len(tree)), {})
        if not isinstance(inner, dict):
            raise invalid(f"The parameter {name} is given twice, as a value and as a hash", param=name)
        tree = inner
    last = path[-1] if path[-1] else str(len(tree))
    if isinstance(tree.get(last), dict):
        raise invalid(f"The parameter {name} is given twice, as a value and as a hash", param=name)
    tree[last] = value


def _with_lists(name: str, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if name not in _FREE_KEYS and all(key.isdigit() for key in value):
        return [_with_lists("", value[key]) for key in sorted(value, key=int)]
    return {key: _with_lists(key, inner) for key, inner in value.items()}


def parameter(location: Iterable[int | str]) -> str:
    """`("items", 0, "price")` -> `items[0][price]`."""
    first, *rest = (str(part) for part in location)
    return first + "".join(f"[{part}]" for part in rest)
