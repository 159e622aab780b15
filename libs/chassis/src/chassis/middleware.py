"""Around every request: its id, its span, its line in the log, its figures, and a problem for every failure."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import TypeVar

import structlog
from aiohttp import web
from aiohttp.hdrs import METH_ALL
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from prometheus_client import Histogram

from chassis import metrics
from chassis.failures import describe, is_transient
from chassis.health import HEALTH, Health
from chassis.logs import begin_log
from chassis.problems import Problem, Unavailable
from chassis.rendering import problem_response
from chassis.requests import REQUEST_ID, REQUEST_ID_HEADER, ROUTE, assign_request_id
from chassis.telemetry import span

R = TypeVar("R", bound=web.BaseRequest)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
log = structlog.get_logger("chassis.http")
_lines = logging.getLogger("chassis.http")
"""The same logger to the standard library, which remembers whether a level is on."""

_QUIET = {"/health/live", "/health/ready"}
_OF_ROUTER = {
    404: ("not_found", "There is nothing here."),
    405: ("method_not_allowed", "This path does not take this method."),
    413: ("body_too_large", "The body is too large."),
    417: ("expectation_failed", "This expectation cannot be met."),
}


class HttpRefusal(Problem):
    """A refusal of aiohttp's own, under its own status."""

    def __init__(self, error: web.HTTPException) -> None:
        code, detail = _OF_ROUTER.get(error.status, ("http_error", error.reason or "The request was refused."))
        allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        super().__init__(code, detail, headers=allow)
        self.status = error.status


class InternalError(Problem):
    """500: ours to repair; says nothing but the request id."""

    status = 500

    def __init__(self) -> None:
        super().__init__("internal_error", "Something went wrong on our side. Tell us the request id.")


@web.middleware
async def front(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The one middleware."""
    return await account_for(request, handler, request.app[HEALTH], _template(request))


async def account_for(
    request: R, handler: Callable[[R], Awaitable[web.StreamResponse]], health: Health, route: str
) -> web.StreamResponse:
    """The handler's answer, or the problem it ended in. `route` names the request until the handler does (`ROUTE`)."""
    request_id = assign_request_id(request)
    begin_log(request_id=request_id)
    started = time.perf_counter()
    health.enter()
    try:
        with span(request.method, request.headers.get("traceparent"), kind=SpanKind.SERVER) as server:
            response = await _answer(request, handler, request_id)
            route = request.get(ROUTE, route)
            if server.is_recording():
                _describe(server, request.method, route, response.status)
            _account(request, response, route, time.perf_counter() - started)
    finally:
        health.leave()
    if health.stopping and not response.prepared:
        response.force_close()
    return response


def _describe(server: Span, method: str, route: str, status: int) -> None:
    """The names are OpenTelemetry's."""
    server.update_name(f"{method} {route}")
    server.set_attributes({"http.route": route, "http.response.status_code": status})
    if status >= 500:
        server.set_status(Status(StatusCode.ERROR))


async def _answer(
    request: R, handler: Callable[[R], Awaitable[web.StreamResponse]], request_id: str
) -> web.StreamResponse:
    try:
        return await handler(request)
    except (asyncio.CancelledError, ConnectionResetError):
        raise
    except Exception as error:
        if request.writer.output_size > 0:
            log.error("an answer broke off", exc_info=error)
            raise  # half of it is out: only closing the connection tells the client
        if isinstance(error, Problem | web.HTTPException):
            return _refused(request, error, request_id)
        return _unexpected(error, request_id)


def _refused(request: web.BaseRequest, error: Problem | web.HTTPException, request_id: str) -> web.StreamResponse:
    if isinstance(error, web.HTTPException):
        if error.status < 400:
            raise error
        if error.status == 405 and request.method == "OPTIONS":
            return web.Response(status=204, headers={"Allow": error.headers["Allow"]})
        error = HttpRefusal(error)
    if error.status == 401:
        error.headers.setdefault("WWW-Authenticate", _challenge(error.code))
    return problem_response(error, request_id)


def _challenge(code: str) -> str:
    """RFC 6750, 3: no error where no token was shown."""
    return "Bearer" if code == "authentication_required" else 'Bearer error="invalid_token"'


def _unexpected(error: Exception, request_id: str) -> web.Response:
    """Outside a `Door` too, e.g. where a token is checked, a server that is away is no mistake of ours."""
    if is_transient(error, in_handler=True):
        log.warning("a part is away", reason=describe(error).group)
        away = Unavailable(
            "temporarily_unavailable", "A part we need is away for the moment; try again.", headers={"Retry-After": "2"}
        )
        return problem_response(away, request_id)
    metrics.UNEXPECTED.inc()
    log.error("unexpected error", exc_info=error)
    return problem_response(InternalError(), request_id)


def _template(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unmatched"


def _account(request: web.BaseRequest, response: web.StreamResponse, route: str, seconds: float) -> None:
    """A socket's life is no request's duration. The path is logged, the query is not: it may hold a ticket."""
    method = request.method if request.method in METH_ALL else "other"  # a client's inventions are no label values
    if response.status != 101:
        _duration(route, method, response.status // 100).observe(seconds)
    if route in _QUIET or not _lines.isEnabledFor(logging.INFO):
        return
    log.info(
        "request",
        method=method,
        route=route,
        status=response.status,
        milliseconds=round(seconds * 1000, 2),
    )


@lru_cache(maxsize=4096)
def _duration(route: str, method: str, hundreds: int) -> Histogram:
    """Bound once: routes are templates and methods a list, so there are only so many."""
    return metrics.REQUESTS.labels(route, method, f"{hundreds}xx")


def give_headers(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """What every answer carries, also streams and sockets."""
    headers = response.headers
    if (request_id := request.get(REQUEST_ID)) is not None:
        headers[REQUEST_ID_HEADER] = request_id
    headers.setdefault("Cache-Control", "no-store")
    headers.setdefault("X-Content-Type-Options", "nosniff")


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """The same as a signal, `on_response_prepare`."""
    give_headers(request, response)
