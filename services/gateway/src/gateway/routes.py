"""From the services' OpenAPI documents to a look-up: method and path -> the service that answers, and what it asks."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chassis.problems import NotFound, Problem
from chassis.rate_limits import RateLimit, RateLimits
from chassis.settings import StartRefused

METHODS = ("get", "put", "post", "delete", "patch")
UNROUTED = frozenset({"internal", "health", "metrics", "docs", "openapi.json"})

STAFF_ROOT = "/admin/v1/"
STAFF_SCHEME = "adminBearer"

Document = Mapping[str, Any]


class MethodNotAllowed(Problem):
    """405: the path exists, for other methods; they are in `Allow`."""

    status = 405


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of one service. `max_body` is in bytes; None leaves the gateway's own cap.

    `rate_limits` come beside the usual ones; None: it falls under none.
    """

    service: str
    method: str
    template: str
    needs_token: bool
    permission: str | None = None
    max_body: int | None = None
    rate_limits: RateLimits = ()


@dataclass(slots=True)
class _Node:
    literal: dict[str, "_Node"] = field(default_factory=dict)
    parameter: "_Node | None" = None
    routes: dict[str, Route] = field(default_factory=dict)

    def child(self, segment: str) -> "_Node":
        """The node below, made if it is new; `{name}` stands for any one segment that is not empty."""
        if segment.startswith("{") and segment.endswith("}"):
            self.parameter = self.parameter or _Node()
            return self.parameter
        return self.literal.setdefault(segment, _Node())

    def find(self, segments: list[str], at: int) -> "_Node | None":
        """The node of a path; a literal segment wins over a parameter (OpenAPI 3.1, 4.8.8.2)."""
        if at == len(segments):
            return self if self.routes else None
        literal = self.literal.get(segments[at])
        found = literal.find(segments, at + 1) if literal else None
        if found is None and self.parameter is not None and segments[at]:
            found = self.parameter.find(segments, at + 1)
        return found


class RouteTable:
    """Compiled once. Paths without parameters are one dictionary look-up, the others a walk over their segments."""

    def __init__(self, routes: Iterable[Route]) -> None:
        """Raises StartRefused when two services claim the same operation, or a template is not one we can match."""
        self._root = _Node()
        self._static: dict[str, _Node] = {}
        for route in routes:
            self._add(route)

    def _add(self, route: Route) -> None:
        segments = route.template[1:].split("/")
        if any(("{" in segment or "}" in segment) and not _is_parameter(segment) for segment in segments):
            raise StartRefused(f"{route.service}: a path parameter must be a whole segment: {route.template}")
        node = self._root
        for segment in segments:
            node = node.child(segment)
        taken = node.routes.setdefault(route.method, route)
        if taken is not route:
            raise StartRefused(
                f"{taken.service} and {route.service} both answer {route.method} {route.template}: one must go"
            )
        if "{" not in route.template:
            self._static[route.template] = node

    def match(self, method: str, path: str) -> Route:
        """The route of a canonical path. HEAD finds the route of GET. Raises NotFound or MethodNotAllowed."""
        routes = self._routes(path)
        if not routes:
            raise NotFound("No such path.")
        route = routes.get("GET" if method == "HEAD" else method)
        if route is None:
            allow = ", ".join(self.methods(path))
            raise MethodNotAllowed("method_not_allowed", f"This path answers {allow}.", headers={"Allow": allow})
        return route

    def methods(self, path: str) -> list[str]:
        """What a path answers, for `Allow`; empty when nobody answers it."""
        methods = set(self._routes(path))
        if not methods:
            return []
        return sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set()))

    def _routes(self, path: str) -> Mapping[str, Route]:
        node = self._static.get(path) or self._root.find(path[1:].split("/"), 0)
        return node.routes if node else {}


def routes_of(service: str, document: Document) -> Iterator[Route]:
    """The public operations of a document; `/internal/…` and what the gateway answers itself are left out."""
    inherited = document.get("security", [])
    for template, item in document.get("paths", {}).items():
        if not is_public(template):
            continue
        for method in METHODS:
            operation = item.get(method)
            if operation is not None:
                yield _route(service, method, template, operation, inherited)


def is_public(template: str) -> bool:
    """Whether the world may ask for this path through the gateway."""
    return template[1:].split("/", 1)[0] not in UNROUTED


def for_staff(template: str) -> bool:
    """Whether the path belongs to the operations platform."""
    return template.startswith(STAFF_ROOT)


def needs_token(security: Iterable[Mapping[str, Any]]) -> bool:
    """OpenAPI: no requirement, or an empty one among the alternatives, means that a caller may be nobody."""
    requirements = list(security)
    return bool(requirements) and all(requirements)


def _needs_customer(template: str, security: list[Mapping[str, Any]]) -> bool:
    """A staff member's token is checked where its keys and sessions are, in the admin service alone."""
    staffs = for_staff(template) and all(STAFF_SCHEME in requirement for requirement in security)
    return needs_token(security) and not staffs


def _route(
    service: str, method: str, template: str, operation: Mapping[str, Any], inherited: list[Mapping[str, Any]]
) -> Route:
    return Route(
        service=service,
        method=method.upper(),
        template=template,
        needs_token=_needs_customer(template, operation.get("security", inherited)),
        permission=operation.get("x-permission"),
        max_body=operation.get("x-max-body"),
        rate_limits=_rate_limits(service, template, operation.get("x-rate-limit")),
    )


def _rate_limits(service: str, template: str, declared: list[Mapping[str, Any]] | None) -> RateLimits:
    """Nothing declared: the usual limits. An empty list: none at all. Raises StartRefused for what is no limit."""
    if declared is None:
        return ()
    try:
        return tuple(RateLimit(**limit) for limit in declared) or None
    except (TypeError, ValueError) as error:
        raise StartRefused(f"{service}: x-rate-limit of {template}: {error}") from None


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{") and segment.endswith("}") and segment.count("{") == 1 and segment.count("}") == 1
