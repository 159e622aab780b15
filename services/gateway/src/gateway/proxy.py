"""A request to a service and its answer back; every way in which a service can fail becomes one clear problem."""

import asyncio
import logging
from collections.abc import Mapping
from typing import NamedTuple

from aiohttp import web

from chassis.problems import Problem
from gateway.connections import ServiceAnswer, Unreachable
from gateway.failures import PROBLEM, ServiceError, ServiceFailed, ServiceTimeout
from gateway.headers import Fields, Passed, decoded, to_client
from gateway.metrics import FAILURES
from gateway.relayed import Relayed
from gateway.settings import GatewaySettings
from gateway.shaping import is_compressible, shaped
from gateway.uploads import Upload
from gateway.upstreams import Upstream, unavailable

log = logging.getLogger(__name__)

_REPEATABLE = frozenset({"GET", "HEAD"})
_BODILESS = frozenset({204, 304})
_WHOLE_BYTES = 65_536


class Forwarded(NamedTuple):
    """What goes to a service: canonical path, query as it came, headers as the service sees them; a cap in bytes."""

    method: str
    target: str
    fields: Fields
    max_body: int


class Proxy:
    """Forwards requests and streams the answers."""

    def __init__(self, upstreams: Mapping[str, Upstream], settings: GatewaySettings) -> None:
        self._upstreams = upstreams
        self._settings = settings

    async def forward(self, request: web.BaseRequest, service: str, forwarded: Forwarded) -> web.StreamResponse:
        """The service's answer. Raises TooLarge, RequestTimeout, Unavailable and what `gateway.failures` lists.

        A GET or HEAD whose connection is refused or breaks is repeated once, on a new connection.
        """
        upstream = self._upstreams.get(service)
        if upstream is None:
            raise unavailable(service)
        upload = None
        if request.body_exists:
            upload = Upload(
                request,
                cap=forwarded.max_body,
                seconds=self._settings.upload_seconds,
                idle_seconds=self._settings.upload_idle_seconds,
                json_depth=self._settings.max_json_depth,
            )
        with upstream:
            response = await self._ask(upstream, forwarded, upload)
            try:
                return await _relay(request, upstream, response)
            finally:
                response.release()

    async def fetch(self, service: str, forwarded: Forwarded) -> tuple[int, bytes]:
        """Status and whole body of a small answer that the gateway itself wants. Raises Problem, as `forward` does."""
        upstream = self._upstreams.get(service)
        if upstream is None:
            raise unavailable(service)
        with upstream:
            async with await self._ask(upstream, forwarded, None) as answer:
                if answer.status >= 400 and not _is_problem(answer):
                    raise ServiceError(answer.status, answer.headers)
                return answer.status, await _read_all(upstream, answer)

    async def _ask(self, upstream: Upstream, forwarded: Forwarded, upload: Upload | None) -> ServiceAnswer:
        try:
            try:
                response = await self._send(upstream, forwarded, upload, fresh=False)
            except ConnectionError:
                if forwarded.method not in _REPEATABLE or upload is not None:
                    raise
                response = await self._send(upstream, forwarded, upload, fresh=True)
        except Exception as error:
            if upload is not None and upload.failure is not None:
                raise upload.failure from None
            problem = _problem(upstream, error)
            if problem is None:
                raise
            raise problem from None
        upstream.breaker.succeeded()
        return response

    async def _send(
        self, upstream: Upstream, forwarded: Forwarded, upload: Upload | None, *, fresh: bool
    ) -> ServiceAnswer:
        """Up to the answer's headers. While a body is sent, the service's time starts anew with each piece it takes."""
        seconds, ask = self._settings.service_seconds, upstream.pool.request
        method, target, fields, _ = forwarded
        if upload is None:
            return await ask(method, target, fields, timed=True, fresh=fresh)
        clock = asyncio.get_running_loop().time
        async with asyncio.timeout(seconds) as limit:
            body = upload.chunks(lambda: limit.reschedule(clock() + seconds))
            return await ask(method, target, fields, body, fresh=fresh)


def _problem(upstream: Upstream, error: Exception) -> Problem | None:
    """What the client is told; None for an error that is not the service's."""
    if isinstance(error, Unreachable):
        problem: Problem = unavailable(upstream.name)
    elif isinstance(error, TimeoutError):
        problem = ServiceTimeout("service_timeout", f"The {upstream.name} service did not answer in time.")
    elif isinstance(error, ConnectionError):
        problem = ServiceFailed("service_failed", f"The {upstream.name} service broke off.")
    else:
        return None
    upstream.breaker.failed()
    FAILURES.labels(upstream.name, problem.code).inc()
    log.warning(
        "a service does not answer",
        extra={"service": upstream.name, "code": problem.code, "error": type(error).__name__},
    )
    return problem


async def _relay(request: web.BaseRequest, upstream: Upstream, answer: ServiceAnswer) -> web.StreamResponse:
    if answer.status >= 400 and not _is_problem(answer):
        log.warning("a service failed", extra={"service": upstream.name, "status": answer.status})
        raise ServiceError(answer.status, answer.headers)
    passed = to_client(answer.fields)
    if request.method == "HEAD" or answer.status in _BODILESS:
        return Relayed(answer.status, passed, b"", None if answer.status == 204 else answer.length)
    if answer.length is not None and answer.length <= _WHOLE_BYTES:
        return shaped(request, answer.status, passed, await _read_all(upstream, answer))
    return await _stream(request, upstream, answer, passed)


def _is_problem(answer: ServiceAnswer) -> bool:
    return answer.headers.get("Content-Type", "").partition(";")[0].strip().lower() == PROBLEM


async def _read_all(upstream: Upstream, answer: ServiceAnswer) -> bytes:
    """Raises ServiceFailed or ServiceTimeout."""
    try:
        return await answer.read_all()
    except (ConnectionError, TimeoutError) as error:
        raise _problem(upstream, error) or error from None


async def _stream(
    request: web.BaseRequest, upstream: Upstream, answer: ServiceAnswer, passed: Passed
) -> web.StreamResponse:
    """Pass a large or endless body on as it comes. If the service breaks off, so does the answer: visibly cut short."""
    out = web.StreamResponse(status=answer.status, headers=decoded(passed.fields))
    if request.method == "GET" and is_compressible(passed.by_name) and "etag" not in passed.by_name:
        out.headers.add("Vary", "Accept-Encoding")
        out.enable_compression()
    elif answer.length is not None:
        out.content_length = answer.length
    await out.prepare(request)
    try:
        while chunk := await _next(upstream, answer):
            await out.write(chunk)
        await out.write_eof()
    except (Problem, ConnectionError):
        _cut(request)
    return out


async def _next(upstream: Upstream, answer: ServiceAnswer) -> bytes:
    """A piece of the answer. Raises ServiceFailed or ServiceTimeout."""
    try:
        return await answer.read_any()
    except (ConnectionError, TimeoutError) as error:
        raise _problem(upstream, error) or error from None


def _cut(request: web.BaseRequest) -> None:
    if request.transport is not None:
        request.transport.abort()
