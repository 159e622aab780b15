"""The table of operations: method and path to what carries it out."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from stripe_simulator.errors import unknown_url
from stripe_simulator.params import Params
from stripe_simulator.store import Obj

Handler = Callable[..., Obj]


@dataclass(frozen=True)
class Operation:
    """`handler(tx, params, *ids)` answers a request of that shape; the ids are those in the path."""

    method: str
    path: str
    params: type[Params]
    handler: Handler


class Operations:
    """What one part of the API can do; several are joined with `include`."""

    def __init__(self) -> None:
        self.all: list[Operation] = []
        self._patterns: dict[str, re.Pattern[str]] = {}

    def get(self, path: str, params: type[Params] = Params) -> Callable[[Handler], Handler]:
        """Register a GET."""
        return self._register("GET", path, params)

    def post(self, path: str, params: type[Params] = Params) -> Callable[[Handler], Handler]:
        """Register a POST."""
        return self._register("POST", path, params)

    def delete(self, path: str, params: type[Params] = Params) -> Callable[[Handler], Handler]:
        """Register a DELETE."""
        return self._register("DELETE", path, params)

    def include(self, *others: "Operations") -> None:
        """Take over their operations."""
        for other in others:
            for operation in other.all:
                self._add(operation)

    def find(self, method: str, path: str) -> tuple[Operation, tuple[str, ...]]:
        """The operation and the ids in the path. Raises Stripe's error for an unknown URL."""
        for operation in self.all:
            match = self._patterns[operation.path].fullmatch(path) if operation.method == method else None
            if match is not None:
                return operation, match.groups()
        raise unknown_url(method, path)

    def _register(self, method: str, path: str, params: type[Params]) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            self._add(Operation(method, path, params, handler))
            return handler

        return register

    def _add(self, operation: Operation) -> None:
        self.all.append(operation)
        self._patterns[operation.path] = re.compile(re.sub(r"\{\w+\}", r"([^/]+)", operation.path))
