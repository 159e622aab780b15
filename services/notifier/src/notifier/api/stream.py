"""`/v1/stream`: the ticket, the checks at the door, and a socket's life."""

import asyncio
import logging
import time
from typing import Annotated
from uuid import UUID

from aiohttp import WSMsgType, web
from pydantic import BaseModel, ConfigDict, Field

from chassis.auth import Authenticator
from chassis.failures import is_transient
from chassis.problems import Forbidden, Problem, Unauthorized, Unavailable, organization_suspended, permission_denied
from chassis.requests import bearer_token
from chassis.web import Access, Routes, client_address
from contracts.permissions import Permission
from notifier import metrics
from notifier.redis_gateway import TICKET_SECONDS, Tickets
from notifier.settings import Settings
from notifier.stream.client import Client, Seat
from notifier.stream.node import Node
from notifier.stream.reader import StreamReader

routes = Routes("stream")

MAX_INCOMING_BYTES = 4 * 1024
MAX_INCOMING_A_MINUTE = 60

log = logging.getLogger(__name__)


class StreamTicket(BaseModel):
    """A one-time ticket for `GET /v1/stream?ticket=`, good for `expires_in` seconds."""

    model_config = ConfigDict(frozen=True)

    ticket: str
    expires_in: int


class StreamQuery(BaseModel):
    """How a socket begins. With `cursor` (and the `epoch` it belongs to) it is sent what it missed since."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ticket: Annotated[str | None, Field(max_length=200, description="Instead of the Authorization header.")] = None
    cursor: Annotated[int | None, Field(ge=0, le=2**63 - 1, description="The last cursor received.")] = None
    epoch: Annotated[UUID | None, Field(description="The epoch of the hello it was received after.")] = None


@routes.post(
    "/v1/stream/ticket",
    access=Permission.NOTIFICATIONS_READ,
    summary="Get a ticket for the live stream",
    status=201,
    idempotent=False,
    problems=(503,),
)
async def create_stream_ticket(request: web.Request, tickets: Tickets) -> StreamTicket:
    """For browsers, which cannot send an Authorization header with a WebSocket. Never put a token into a URL."""
    return StreamTicket(ticket=await tickets.issue(bearer_token(request)), expires_in=TICKET_SECONDS)


class UpgradeRequired(Problem):
    """426: this path speaks WebSocket only."""

    status = 426

    def __init__(self) -> None:
        super().__init__("upgrade_required", "Open this path as a WebSocket.", headers={"Upgrade": "websocket"})


class StreamDoor:
    """Everything that has to hold before a socket opens, whoever stands in front of this process."""

    def __init__(self, settings: Settings, authenticator: Authenticator, tickets: Tickets) -> None:
        self._origins = settings.origins
        self._authenticator = authenticator
        self._tickets = tickets

    async def admit(self, request: web.Request, query: StreamQuery) -> Seat:
        """Raises Forbidden (origin, suspension, permission), Unauthorized, Unavailable."""
        self._check_origin(request)
        caller = await self._authenticator.authenticate(await self._token(request, query))
        if caller.suspended:
            raise organization_suspended()
        if caller.org_id is None or Permission.NOTIFICATIONS_READ not in caller.permissions:
            raise permission_denied(Permission.NOTIFICATIONS_READ)
        return Seat(caller, caller.org_id, client_address(request))

    def _check_origin(self, request: web.Request) -> None:
        """Browsers always send one and let no page forge it; its absence means no browser (RFC 6455, 10.2)."""
        given = request.headers.getall("Origin", [])
        if given and (len(given) > 1 or given[0] not in self._origins):
            raise Forbidden("origin_not_allowed", "Pages of this origin may not open a stream.")

    async def _token(self, request: web.Request, query: StreamQuery) -> str:
        if query.ticket is None:
            return bearer_token(request)
        token = await self._tickets.redeem(query.ticket)
        if token is None:
            raise Unauthorized("ticket_invalid", "This ticket was used, has expired or never was one; get a new one.")
        return token


@routes.get(
    "/v1/stream",
    access=Access.PUBLIC,
    summary="Open the live stream (WebSocket; ticket or Authorization header)",
    status=101,
    problems=(401, 403, 426, 429, 503),
)
async def stream(
    request: web.Request, query: StreamQuery, door: StreamDoor, node: Node, reader: StreamReader
) -> web.StreamResponse:
    """Frames are described in the service's README. A socket ends with its token at the latest; then come back anew."""
    if not web.WebSocketResponse().can_prepare(request):
        raise UpgradeRequired
    seat = await door.admit(request, query)
    node.hub.make_room(seat)
    socket = web.WebSocketResponse(
        compress=False, heartbeat=30, timeout=1.0, max_msg_size=MAX_INCOMING_BYTES, autoping=True
    )
    await socket.prepare(request)
    client = Client(seat, socket, _transport(request))
    node.hub.join(client)
    opening = asyncio.create_task(_open(client, query, node, reader))
    writing = asyncio.create_task(client.write())
    with metrics.SOCKETS.track_inprogress():
        try:
            await _listen(client, socket)
        finally:
            node.hub.leave(client)
            opening.cancel()
            if client.open:
                writing.cancel()
            await asyncio.gather(opening, writing, return_exceptions=True)
    return socket


def _transport(request: web.Request) -> asyncio.Transport:
    """uvloop's transports are no subclass of asyncio's, so that presence is all there is to check."""
    if request.transport is None:
        raise Unavailable("stream_unavailable", "The connection is closing.")
    return request.transport


async def _open(client: Client, query: StreamQuery, node: Node, reader: StreamReader) -> None:
    """Say hello, send what was missed, then whatever came meanwhile."""
    try:
        await node.greet(client.seat.user_id, client.seat.org_id)
        await reader.open(client, cursor=query.cursor, epoch=query.epoch, heartbeat_s=node.heartbeat_s)
        await node.hub.catch_up(client)
    except Exception as error:
        if not is_transient(error):
            log.exception("a socket could not be opened")
        client.dismiss("unavailable", 5_000)


async def _listen(client: Client, socket: web.WebSocketResponse) -> None:
    """Clients have nothing to tell us. What they send is ignored, unless it is much or large (1009)."""
    window, heard = time.monotonic(), 0
    async for message in socket:
        if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            continue
        if time.monotonic() - window > 60:
            window, heard = time.monotonic(), 0
        heard += 1
        if heard > MAX_INCOMING_A_MINUTE:
            client.dismiss("too_many_frames", 60_000)
