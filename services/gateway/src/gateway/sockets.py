"""`/v1/stream`: a WebSocket of a client, tied to one of notifier. The slower side sets the pace of the other.

Notifier makes every check itself; here is only what protects the gateway. The query holds a ticket: it is never logged.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import WSCloseCode, WSMsgType, web
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from chassis.problems import Problem
from gateway.failures import PROBLEM, ServiceError
from gateway.metrics import FAILURES, SOCKETS
from gateway.occupancy import Occupancy
from gateway.settings import GatewaySettings
from gateway.upstreams import Upstream, unavailable

log = logging.getLogger(__name__)
_quiet = logging.getLogger(f"{__name__}.upstream")
_quiet.setLevel(logging.WARNING)  # the library's debug lines quote the request line, ticket and all

STREAM_PATH = "/v1/stream"
STREAM_SERVICE = "notifier"
_CLOSE_SECONDS = 2
_NO_CODE = 1005
_LOST = frozenset({1006, 1015})
_UPSTREAM_MESSAGE_BYTES = 1_048_576


class UpgradeRequired(Problem):
    """426: this path speaks WebSocket only."""

    status = 426


@dataclass(frozen=True, slots=True)
class Opening:
    """What a client asks for. `headers` are as notifier sees them; `user` is set when a token was shown."""

    target: str
    headers: Mapping[str, str]
    address: str
    user: str | None


class Sockets:
    """All sockets open here, bounded per network address and per user."""

    def __init__(self, upstream: Upstream | None, settings: GatewaySettings) -> None:
        self._upstream = upstream
        self._settings = settings
        self._addresses = Occupancy(settings.streams_per_address)
        self._users = Occupancy(settings.streams_per_user)
        self._open: set[web.WebSocketResponse] = set()

    async def serve(self, request: web.BaseRequest, opening: Opening) -> web.StreamResponse:
        """Hold the socket until either side ends it.

        Raises before the upgrade: UpgradeRequired, TooManyRequests, Unavailable; a refusal of notifier is passed on.
        """
        if not web.WebSocketResponse().can_prepare(request):
            raise UpgradeRequired("upgrade_required", "This path speaks WebSocket.", headers={"Upgrade": "websocket"})
        with self._addresses.hold(opening.address), self._users.hold(opening.user):
            try:
                service = await self._reach(request, opening)
            except InvalidStatus as refusal:
                return _refusal(refusal)
            try:
                async with service:
                    return await self._tie(request, service)
            finally:
                # Python 3.11.2 (Debian 12) leaves the transport open when the closing handshake was cut short.
                service.transport.abort()

    async def close_all(self) -> None:
        """Tell every client to come back: this process ends."""
        await asyncio.gather(
            *(socket.close(code=WSCloseCode.SERVICE_RESTART, message=b"restart") for socket in self._open),
            return_exceptions=True,
        )

    async def _reach(self, request: web.BaseRequest, opening: Opening) -> ClientConnection:
        """Notifier's socket. Raises InvalidStatus when it refuses, Unavailable when it is away."""
        upstream = self._upstream
        if upstream is None or not upstream.breaker.admits():
            raise unavailable(STREAM_SERVICE)
        try:
            service = await connect(
                upstream.socket_url(opening.target),
                additional_headers=opening.headers,
                subprotocols=[Subprotocol(name) for name in _protocols(request)] or None,
                user_agent_header=None,
                compression=None,
                proxy=None,
                open_timeout=self._settings.connect_seconds + self._settings.service_seconds,
                close_timeout=_CLOSE_SECONDS,
                max_size=_UPSTREAM_MESSAGE_BYTES,
                logger=_quiet,
            )
        except InvalidStatus:
            upstream.breaker.succeeded()
            raise
        except (OSError, TimeoutError, InvalidHandshake) as error:
            upstream.breaker.failed()
            FAILURES.labels(STREAM_SERVICE, "service_unavailable").inc()
            log.warning("notifier does not take sockets", extra={"error": type(error).__name__})
            raise unavailable(STREAM_SERVICE) from None
        upstream.breaker.succeeded()
        return service

    async def _tie(self, request: web.BaseRequest, service: ClientConnection) -> web.StreamResponse:
        socket = web.WebSocketResponse(
            protocols=(service.subprotocol,) if service.subprotocol else (),
            compress=False,
            heartbeat=self._settings.stream_heartbeat_seconds,
            max_msg_size=self._settings.stream_message_bytes,
            writer_limit=0,
        )
        await socket.prepare(request)
        self._open.add(socket)
        inward = asyncio.create_task(_inward(socket, service))
        outward = asyncio.create_task(self._outward(request, socket, service))
        try:
            with SOCKETS.track_inprogress():
                await asyncio.wait({inward, outward}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._open.discard(socket)
            for task in (inward, outward):
                task.cancel()
            await asyncio.gather(inward, outward, return_exceptions=True)
        return socket

    async def _outward(
        self, request: web.BaseRequest, socket: web.WebSocketResponse, service: ClientConnection
    ) -> None:
        """From notifier to the client, until either is gone; a client that does not read is cut off."""
        with suppress(ConnectionError):
            with suppress(ConnectionClosed):
                while await self._pass(await service.recv(), request, socket):
                    pass
            await socket.close(code=_sendable(service.close_code), message=(service.close_reason or "").encode())

    async def _pass(self, message: str | bytes, request: web.BaseRequest, socket: web.WebSocketResponse) -> bool:
        """Whether the client took it in time."""
        try:
            async with asyncio.timeout(self._settings.stream_stall_seconds):
                await (socket.send_str(message) if isinstance(message, str) else socket.send_bytes(message))
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()
            return False
        return True


async def _inward(socket: web.WebSocketResponse, service: ClientConnection) -> None:
    """From the client to notifier, until either is gone; the close code goes along."""
    with suppress(ConnectionClosed):
        async for message in socket:
            if message.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
                await service.send(message.data)
        await service.close(code=_sendable(socket.close_code))


def _sendable(code: int | None) -> int:
    """The close code for the other side: a connection lost without a word is a restart (RFC 6455, 7.4.1)."""
    if code == _NO_CODE:
        return WSCloseCode.OK
    return WSCloseCode.SERVICE_RESTART if code in _LOST else code or WSCloseCode.SERVICE_RESTART


def _refusal(refusal: InvalidStatus) -> web.Response:
    """Notifier's answer to a socket it does not want; only a problem is shown as it is."""
    answer = refusal.response
    if answer.headers.get("Content-Type", "").partition(";")[0] != PROBLEM or answer.status_code < 400:
        raise ServiceError(answer.status_code, {})
    retry = {"Retry-After": answer.headers["Retry-After"]} if "Retry-After" in answer.headers else {}
    return web.Response(status=answer.status_code, body=answer.body, content_type=PROBLEM, headers=retry)


def _protocols(request: web.BaseRequest) -> tuple[str, ...]:
    offered = ",".join(request.headers.getall("Sec-WebSocket-Protocol", ()))
    return tuple(name.strip() for name in offered.split(",") if name.strip())
