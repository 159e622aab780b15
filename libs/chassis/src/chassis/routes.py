"""Declaring endpoints: a path, who may call it, and a typed function. Everything else is derived from these three."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from aiohttp import web
from pydantic import BaseModel

from chassis.answers import Reply
from chassis.binding import RouteError, Signature, Source, inspect_handler
from chassis.rate_limits import RateLimits
from contracts.permissions import AdminPermission, Permission

DEFAULT_MAX_BODY = 1024 * 1024

Handler = Callable[..., Awaitable[Any]]
H = TypeVar("H", bound=Handler)
Idempotent = bool | Literal["rederive"]


class Access(Enum):
    """Who may call, where no single permission says it."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    """Any valid customer token, also of a person without an organization."""
    STAFF = "staff"
    """Any member of our own staff who is signed in; one permission of theirs is said by an `AdminPermission`."""
    INTERNAL = "internal"
    """Another service, by its internal token."""


Needed = Permission | AdminPermission | Access


@dataclass(frozen=True)
class Route:
    """One endpoint as declared. `path` is a template: `/v1/members/{user_id}`."""

    method: str
    path: str
    handler: Handler
    access: Needed
    summary: str
    status: int
    idempotent: Idempotent
    max_body: int
    tag: str
    signature: Signature
    rederive: Signature | None = None
    problems: tuple[int, ...] = ()
    while_suspended: bool = False
    also: tuple[tuple[int, Any], ...] = ()
    streams: tuple[str, ...] = ()
    rate_limits: RateLimits = ()

    @property
    def name(self) -> str:
        """The operation's id: the handler's name."""
        return str(getattr(self.handler, "__name__", "handler"))

    @property
    def writes(self) -> bool:
        """Whether the method is one that changes something."""
        return self.method != "GET"

    @property
    def for_staff(self) -> bool:
        """Whether it belongs to the operations platform."""
        return isinstance(self.access, AdminPermission) or self.access is Access.STAFF

    @property
    def needs_permission(self) -> bool:
        """Whether one permission says who may call."""
        return isinstance(self.access, Permission | AdminPermission)

    @property
    def keeps_keys(self) -> bool:
        """Whether an Idempotency-Key of a request is kept with its write."""
        works = self.signature.takes_tx or self.signature.takes_door
        return self.writes and bool(self.idempotent) and works


@dataclass
class Routes:
    """The endpoints of one resource; `tag` groups them in the reference.

    Each decorator raises RouteError for a parameter that cannot be bound or a missing access declaration. Arguments
    are bound by annotation: `Tx`, `Door`, `Caller`, `StaffCaller`, `ServiceCaller`, `IfMatch`, `web.Request`, path
    parameters by name (UUID, int, str), `body: Model` (`body: bytes` for a file), `query: Model`, and any object of
    `create_app(provide=…)` by its type.

    - `status` is the answer's when the handler does not say otherwise (204 when it returns None).
    - `idempotent=False` for answers that must never be repeated (login, tickets); `"rederive"` for answers that hold
      secrets: the handler's `Reply` names a `reference`, and `rederive` (bound like a handler, plus
      `reference: Reference`) answers a replay from it.
    - `while_suspended`: whether it answers for an organization that our staff suspended; the group's by default.
    - `problems` are further refusals worth documenting, by status.
    - `also` are further answers that are no refusals: status -> model, e.g. `{202: OperationAnswer}`.
    - `streams` are the media types of the answer where it is a `StreamResponse`, e.g. `["text/csv"]`.
    - `rate_limits` are kept by the gateway beside its usual ones; None takes the operation out of all of them.
    """

    tag: str
    while_suspended: bool = False
    routes: list[Route] = field(default_factory=list)

    def get(self, path: str, **options: Any) -> Callable[[H], H]:
        """A read; also answers HEAD. Options as `route`."""
        return self.route("GET", path, **options)

    def post(self, path: str, **options: Any) -> Callable[[H], H]:
        """A write that makes something or does something. Options as `route`."""
        return self.route("POST", path, **options)

    def put(self, path: str, **options: Any) -> Callable[[H], H]:
        """A write that sets something whole. Options as `route`."""
        return self.route("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Callable[[H], H]:
        """A write that changes parts. Options as `route`."""
        return self.route("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Callable[[H], H]:
        """A write that removes something. Options as `route`."""
        return self.route("DELETE", path, **options)

    def route(
        self,
        method: str,
        path: str,
        *,
        access: Needed,
        summary: str,
        status: int = 200,
        idempotent: Idempotent = True,
        rederive: Handler | None = None,
        max_body: int = DEFAULT_MAX_BODY,
        problems: Sequence[int] = (),
        while_suspended: bool | None = None,
        also: Mapping[int, Any] | None = None,
        streams: Sequence[str] = (),
        rate_limits: RateLimits = (),
    ) -> Callable[[H], H]:
        """Register the decorated handler. Raises RouteError."""

        def register(handler: H) -> H:
            signature = inspect_handler(handler, path)
            declared = (method, path, handler, access, summary, status, idempotent, max_body, self.tag, signature)
            route = Route(
                *declared,
                rederive=inspect_handler(rederive, path) if rederive else None,
                problems=tuple(problems),
                while_suspended=self.while_suspended if while_suspended is None else while_suspended,
                also=tuple((also or {}).items()),
                streams=tuple(streams),
                rate_limits=rate_limits,
            )
            _refuse_contradictions(route)
            self.routes.append(route)
            return handler

        return register


def _refuse_contradictions(route: Route) -> None:
    needs_customer = isinstance(route.access, Permission) or route.access is Access.SIGNED_IN
    takes = route.signature
    wrong = {
        "access must be a Permission, an AdminPermission or an Access": not isinstance(route.access, Needed),
        "takes a Caller, but its access brings none": takes.takes_caller and not needs_customer,
        "takes a StaffCaller, but is not for staff": takes.takes(Source.STAFF) and not route.for_staff,
        "takes a ServiceCaller, but is not internal": takes.takes_service and route.access is not Access.INTERNAL,
        "a read takes no body": takes.body is not None and not route.writes,
        "takes Tx and Door: one of the two opens the transaction": takes.takes_tx and takes.takes_door,
        "idempotent='rederive' and rederive= need each other": (route.idempotent == "rederive")
        != (route.rederive is not None),
        "rederive takes what the handler does not": _unknown_to_handler(route),
        "needs a summary": not route.summary,
        f"cannot answer with {route.signature.returns}": not _is_answer(route.signature.returns),
    }
    for reason, holds in wrong.items():
        if holds:
            raise RouteError(f"{route.method} {route.path} ({route.name}): {reason}")


def _unknown_to_handler(route: Route) -> bool:
    """A replay is answered from the same request: what the handler did not read is not there."""
    if route.rederive is None:
        return False
    known = {parameter.name for parameter in route.signature.parameters}
    read = (Source.PATH, Source.BODY, Source.QUERY, Source.IF_MATCH)
    return any(parameter.name not in known for source in read for parameter in route.rederive.of(source))


def answer_model(returns: Any) -> Any:
    """The model in a return annotation: itself, or the one in `Reply[…]`; None where there is no JSON body.

    A handler may answer a model or a stream (`Page[Row] | web.StreamResponse`), e.g. where a list is also a download.
    """
    if get_origin(returns) is Reply:
        (returns,) = get_args(returns)
    options = get_args(returns) if get_origin(returns) in (Union, UnionType) else ()
    if len(options) == 2 and web.StreamResponse in options:
        returns = next(one for one in options if one is not web.StreamResponse)
    if (
        returns is type(None)
        or returns is None
        or (isinstance(returns, type) and issubclass(returns, web.StreamResponse))
    ):
        return None
    return returns


def _is_answer(returns: Any) -> bool:
    model = answer_model(returns)
    options = get_args(model) if get_origin(model) in (Union, UnionType) else (model,)
    return model is None or all(isinstance(one, type) and issubclass(one, BaseModel) for one in options)
