"""For tests of services: a clock to set, tokens to show, a server to call, spans to look at. No sleeps."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from chassis.auth import Authenticator, LocalKeys
from chassis.clock import Clock, SystemClock
from chassis.keys import SigningKey, jwks
from chassis.revocations import Revocations
from chassis.server import listen, stop_listening
from chassis.tokens import sign
from contracts.ids import new_id
from contracts.tokens import ACCESS_TOKEN_SECONDS, ISSUER, AccessClaims

_LOOK_EVERY_SECONDS = 0.01


class FixedClock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now or datetime(2030, 1, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def move(self, **by: float) -> None:
        """Go on by `timedelta(**by)`."""
        self._now += timedelta(**by)


async def wait_until(condition: Callable[[], bool], timeout: float = 5.0) -> None:
    """Return once the condition holds. Raises TimeoutError."""
    async with asyncio.timeout(timeout):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event to set
            await asyncio.sleep(_LOOK_EVERY_SECONDS)


class TestIssuer:
    """Signs customers' tokens as teams does, with a key of its own."""

    __test__ = False

    def __init__(self, clock: Clock | None = None) -> None:
        self.key = SigningKey.generate()
        self.clock = clock or SystemClock()
        self.revocations = Revocations(ask=self._ask, clock=self.clock)
        self.revocations.synced = True

    async def _ask(self, _: str) -> bool:
        return True

    def claims(
        self,
        *,
        user_id: UUID | None = None,
        org_id: UUID | None = None,
        role: str | None = None,
        session_id: UUID | None = None,
        permissions: tuple[str, ...] | None = None,
        suspended: bool = False,
    ) -> AccessClaims:
        """Claims as of now; `role` is owner where an organization is given without one."""
        now = self.clock.now().timestamp()
        return AccessClaims(
            iss=ISSUER,
            aud="customer",
            sub=user_id or new_id(),
            sid=session_id or new_id(),
            org=org_id,
            role=role or ("owner" if org_id else None),
            permissions=permissions,
            suspended=suspended or None,
            iat=now,
            exp=int(now) + ACCESS_TOKEN_SECONDS,
            jti=new_id(),
        )

    def token(self, **about: Any) -> str:
        """A token over `claims(**about)`."""
        return sign(self.key, self.claims(**about))

    def headers(self, **about: Any) -> dict[str, str]:
        """An Authorization header with such a token."""
        return {"Authorization": f"Bearer {self.token(**about)}"}

    def jwks(self) -> dict[str, Any]:
        """What teams would serve."""
        return jwks([self.key])

    def authenticator(self) -> Authenticator:
        """One that believes this issuer and its `revocations`."""
        return Authenticator(LocalKeys([self.key.verifying]), self.revocations, clock=self.clock)


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    """A real server on a free port; yields its address, e.g. http://127.0.0.1:40123."""
    runner, port = await listen(app, "127.0.0.1", 0, shutdown_seconds=1, setting="HTTP_PORT")
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await stop_listening(runner)


class SpanCollector:
    """An OTLP/HTTP collector: `url` goes into OTEL_EXPORTER_OTLP_ENDPOINT, `spans` holds what arrived.

    `services` tells for each trace id and span id (16 + 8 bytes) which service sent the span.
    """

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.services: dict[bytes, str] = {}
        self.url = ""

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["SpanCollector"]:
        """Collect as long as the context is open."""
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_post("/v1/traces", self._receive)
        async with serving(app) as self.url:
            yield self

    async def _receive(self, request: web.Request) -> web.Response:
        sent = ExportTraceServiceRequest.FromString(await request.read())
        for one in sent.resource_spans:
            service = next(a.value.string_value for a in one.resource.attributes if a.key == "service.name")
            arrived = [span for scope in one.scope_spans for span in scope.spans]
            self.services |= {span.trace_id + span.span_id: service for span in arrived}
            self.spans += arrived
        body = ExportTraceServiceResponse().SerializeToString()
        return web.Response(body=body, content_type="application/x-protobuf")

    def names(self) -> list[str]:
        """The names of the spans, in order of arrival."""
        return [span.name for span in self.spans]


async def eventually(condition: Callable[[], Awaitable[bool]], timeout: float = 30.0) -> None:
    """Return once a condition that has to be asked for (a query, a request) holds. Raises TimeoutError."""
    async with asyncio.timeout(timeout):
        while not await condition():  # noqa: ASYNC110 - what is waited for lies in another process
            await asyncio.sleep(5 * _LOOK_EVERY_SECONDS)
