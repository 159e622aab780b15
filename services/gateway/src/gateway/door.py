"""The front door: every request is checked, and then goes to exactly one of pages, own answers, socket or service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from aiohttp import web

from chassis.addresses import Network
from chassis.auth import Authenticator
from chassis.callers import Caller
from chassis.health import Health, liveness, readiness
from chassis.problems import BadRequest, NotFound, Problem, Unauthorized
from chassis.requests import ROUTE, request_id_of
from chassis.telemetry import current_traceparent
from gateway import home
from gateway.api_keys import ApiKeys, authorization
from gateway.gcra import Limit
from gateway.headers import Field, Fields, check_head, deadline, decoded
from gateway.home import HOME_PATH, Home
from gateway.hygiene import PAGES_POLICY
from gateway.limiter import Limiter
from gateway.metrics import LIMITED
from gateway.origins import Origins, not_allowed, preflight
from gateway.pages import ADMIN_ROOT, Pages, is_page
from gateway.paths import canonical_path
from gateway.proxy import Forwarded, Proxy
from gateway.rates import CALLERS, Rates, refusal
from gateway.reference import Reference
from gateway.routes import MethodNotAllowed, Route, RouteTable, is_public
from gateway.settings import GatewaySettings
from gateway.sockets import STREAM_PATH, Opening, Sockets
from gateway.sources import Source, source_of
from gateway.visits import VISIT, Visit

LIVE_PATH, READY_PATH = "/health/live", "/health/ready"
HEALTH_PATHS = frozenset({LIVE_PATH, READY_PATH})
_READS = ("GET", "HEAD")
_DOCS_ROOT = "docs"


class TargetTooLong(Problem):
    """414: path and query are longer than the gateway takes."""

    status = 414


@dataclass(frozen=True)
class FrontDoor:
    """All that a request can meet."""

    settings: GatewaySettings
    proxies: Sequence[Network]
    health: Health
    routes: RouteTable
    origins: Origins
    authenticator: Authenticator
    api_keys: ApiKeys
    rates: Rates
    limiter: Limiter
    proxy: Proxy
    home: Home
    sockets: Sockets
    console: Pages
    admin_console: Pages
    docs: Pages
    references: Mapping[str, Reference]
    """By path: what the gateway itself can tell about the API and the events."""

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """The answer to any request. Raises Problem."""
        visit = request[VISIT]
        path, query = self._check(request, visit)
        source = visit.source = source_of(request, self.proxies)
        if (reference := self.references.get(path)) is not None:
            return _refer(request, path, reference)
        if is_page(path):
            return self._page(request, path)
        if not is_public(path):
            raise NotFound("No such path.")
        if request.method == "OPTIONS":
            return self._options(request, path, source)
        self.origins.check(request.headers.get("Origin"), method=request.method, own=source.origin)
        if path == STREAM_PATH:
            return await self._stream(request, path + query, source)
        if path == HOME_PATH and request.method in _READS:
            return await self._home(request, source)
        return await self._forward(request, self.routes.match(request.method, path), path + query, source)

    async def tell_health(self, request: web.BaseRequest) -> web.Response:
        """The answer to a request for one of `HEALTH_PATHS`. Raises Problem."""
        path, _ = self._check(request, request[VISIT])
        request[ROUTE] = path
        _only_reads(request)
        return await readiness(self.health) if path == READY_PATH else liveness()

    def _check(self, request: web.BaseRequest, visit: Visit) -> tuple[str, str]:
        """The canonical path, and the query with its `?`. After a refusal the connection is not used again."""
        visit.suspect = True
        if len(request.raw_path) > self.settings.max_target_bytes:
            raise TargetTooLong("target_too_long", f"The URL is longer than {self.settings.max_target_bytes} bytes.")
        visit.passed = check_head(request, max_bytes=self.settings.max_header_bytes)
        raw_path, mark, query = request.raw_path.partition("?")
        path = canonical_path(raw_path)
        visit.suspect = False
        return path, mark + query

    def _page(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        request[VISIT].policy = PAGES_POLICY
        request[ROUTE] = "pages"
        _only_reads(request)
        accept = request.headers.get("Accept", "")
        first, _, rest = path[1:].partition("/")
        console, below = self.console, path
        if first == ADMIN_ROOT:
            console, below = self.admin_console, "/" + rest
            first, _, rest = rest.partition("/")
        if first == _DOCS_ROOT:
            return self.docs.answer("/" + rest, accept)
        return console.answer(below, accept)

    def _options(self, request: web.BaseRequest, path: str, source: Source) -> web.Response:
        """A preflight, or the question which methods a path has."""
        request[ROUTE] = "options"
        methods = self.routes.methods(path)
        if not methods:
            raise NotFound("No such path.")
        headers = {"Allow": ", ".join(methods)}
        origin = request.headers.get("Origin")
        if origin is not None and "Access-Control-Request-Method" in request.headers:
            if not self.origins.knows(origin, source.origin):
                raise not_allowed()
            headers |= preflight(methods)
        return web.Response(status=204, headers=headers)

    async def _stream(self, request: web.BaseRequest, target: str, source: Source) -> web.StreamResponse:
        request[ROUTE] = STREAM_PATH
        if request.method != "GET":
            raise MethodNotAllowed("method_not_allowed", "This path answers GET.", headers={"Allow": "GET"})
        origin = request.headers.get("Origin")
        if origin is not None and not self.origins.knows(origin, source.origin):
            raise not_allowed()
        caller = await self._admit(request, None, source, needs_token="Authorization" in request.headers)
        user = str(caller.user_id) if caller else None
        headers = decoded(self._service_fields(request, source))
        return await self.sockets.serve(request, Opening(target, headers, source.address, user))

    async def _home(self, request: web.BaseRequest, source: Source) -> web.StreamResponse:
        request[ROUTE] = HOME_PATH
        await self._admit(request, home.ROUTE, source, needs_token=True)
        return await self.home.answer(request, self._service_fields(request, source))

    async def _forward(self, request: web.BaseRequest, route: Route, target: str, source: Source) -> web.StreamResponse:
        request[ROUTE] = route.template
        await self._admit(request, route, source, needs_token=route.needs_token)
        cap = self.settings.max_body_bytes
        forwarded = Forwarded(
            method=request.method,
            target=target,
            fields=self._service_fields(request, source),
            max_body=cap if route.max_body is None else min(cap, route.max_body),
        )
        return await self.proxy.forward(request, route.service, forwarded)

    async def _admit(
        self, request: web.BaseRequest, route: Route | None, source: Source, *, needs_token: bool
    ) -> Caller | None:
        """Who calls, once counted against all limits. Raises Unauthorized, TooManyRequests or Unavailable.

        Whoever shows a token that is none is counted by their address, so that guessing is limited too.
        """
        if not needs_token:
            await self._count(request, self.rates.of(route, source.address, None))
            return None
        try:
            token = request[VISIT].token = await self.api_keys.token_of(request)
            caller = await self.authenticator.authenticate(token)
        except Unauthorized:
            await self._count(request, self.rates.of(route, source.address, None))
            raise
        await self._count(request, self.rates.of(route, source.address, caller))
        return caller

    async def _count(self, request: web.BaseRequest, limits: Sequence[Limit]) -> None:
        if not limits:
            return
        count = request[VISIT].count = await self.limiter.take(limits)
        if (refused := count.refused_by) is not None:
            LIMITED.labels(refused.limit.name).inc()
            raise refusal(refused)

    def _service_fields(self, request: web.BaseRequest, source: Source) -> Fields:
        visit = request[VISIT]
        request_id = request_id_of(request).encode()
        fields = [*visit.passed, *_forwarded(source), self._deadline, (b"X-Request-Id", request_id)]
        shown = authorization(request.headers.get("Authorization"), visit.token)
        if shown is not None:
            fields.append((b"Authorization", shown.encode("utf-8", "surrogateescape")))
        if traceparent := current_traceparent():
            fields.append((b"traceparent", traceparent.encode()))
        return fields

    @cached_property
    def _deadline(self) -> Field:
        return deadline(self.settings.service_seconds)


@lru_cache(maxsize=CALLERS)
def _forwarded(source: Source) -> Fields:
    address, scheme, host = source
    return [
        (b"X-Forwarded-For", address.encode()),
        (b"X-Forwarded-Proto", scheme.encode()),
        (b"X-Forwarded-Host", host.encode()),
    ]


def _refer(request: web.BaseRequest, path: str, reference: Reference) -> web.StreamResponse:
    request[ROUTE] = path
    request[VISIT].policy = reference.policy
    _only_reads(request)
    return reference.answer(
        accept_encoding=request.headers.get("Accept-Encoding", ""),
        if_none_match=request.headers.get("If-None-Match", ""),
    )


def _only_reads(request: web.BaseRequest) -> None:
    if request.method not in _READS:
        allow: Sequence[str] = _READS
        raise MethodNotAllowed("method_not_allowed", "This path answers GET.", headers={"Allow": ", ".join(allow)})
    if request.body_exists:
        raise BadRequest("body_invalid", "A request for a page has no body.")
