"""One socket: who sits there, what it was sent, and a bounded queue in front of it."""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from uuid import UUID

from aiohttp import ClientConnectionResetError, WSCloseCode, WSMsgType, web

from chassis.callers import Caller
from notifier import metrics
from notifier.stream import frames

MAX_FRAMES = 256
MAX_BYTES = 1024 * 1024
BYE_SECONDS = 1.0
SLOW_BYE_SECONDS = 5.0
ROOM_SECONDS = 10.0
SLOW_RETRY_MS = 5_000

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Seat:
    """Who a socket belongs to, where it comes from, and in which organization it looks."""

    caller: Caller
    org_id: UUID
    address: str

    @property
    def user_id(self) -> UUID:
        return self.caller.user_id

    def sees(self, org_id: UUID | None) -> bool:
        """Whether something of this organization, or of none, is shown here."""
        return org_id is None or org_id == self.org_id


class Client:
    """A socket's outgoing side. Frames queue here, bounded by number and bytes; `write` drains them.

    `seen` is the reader's cursor up to which everything was looked at for this socket, over all organizations;
    `wanted` the newest one heard of; `cursor` the last one this socket was sent, or the newest at its start.
    """

    def __init__(self, seat: Seat, socket: web.WebSocketResponse, transport: asyncio.Transport) -> None:
        self.seat = seat
        self._transport = transport
        self.seen = self.wanted = self.cursor = 0
        self.catching_up = True
        self._socket = socket
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._ready = asyncio.Event()
        self._room = asyncio.Event()
        self._bye: tuple[bytes, str] | None = None
        self.welcomed = False

    @property
    def open(self) -> bool:
        """Whether frames still go out."""
        return self._bye is None

    def welcome(self, hello: bytes) -> None:
        """Send the hello, then what queued up before it."""
        self.welcomed = True
        self._frames.appendleft(hello)
        self._bytes += len(hello)
        self._ready.set()

    def offer(self, frame: bytes) -> None:
        """Queue a frame; a client that lets its queue run full is dismissed with a hint when to come back."""
        if not self.open:
            return
        if len(self._frames) >= MAX_FRAMES or self._bytes + len(frame) > MAX_BYTES:
            self.dismiss("slow_consumer", SLOW_RETRY_MS)
            return
        self._frames.append(frame)
        self._bytes += len(frame)
        if self.welcomed:
            self._ready.set()

    async def offer_when_room(self, frame: bytes) -> None:
        """Queue a frame of a replay: waits while the queue is half full, and dismisses who does not read at all."""
        while self.open and (len(self._frames) >= MAX_FRAMES // 2 or self._bytes >= MAX_BYTES // 2):
            self._room.clear()
            try:
                await asyncio.wait_for(self._room.wait(), ROOM_SECONDS)
            except TimeoutError:
                self.dismiss("slow_consumer", SLOW_RETRY_MS)
        self.offer(frame)

    def dismiss(self, code: str, retry_after_ms: int | None) -> None:
        """Drop what is queued, say bye, close; who does not read even that is cut off. The first reason counts."""
        if not self.open:
            return
        metrics.DISMISSED.labels(code).inc()
        self._bye = frames.bye(code, retry_after_ms), code
        self._frames.clear()
        self._ready.set()
        self._room.set()
        patience = SLOW_BYE_SECONDS if code == "slow_consumer" else BYE_SECONDS
        asyncio.get_running_loop().call_later(patience, self._transport.abort)

    async def write(self) -> None:
        """Send what is queued until dismissed; ends quietly when the other side is gone."""
        try:
            await self._drain()
        except ClientConnectionResetError:
            log.debug("the client left while it was written to")

    async def _drain(self) -> None:
        while self._bye is None:
            await self._ready.wait()
            self._ready.clear()
            while self._frames:
                frame = self._frames.popleft()
                self._bytes -= len(frame)
                if len(self._frames) < MAX_FRAMES // 2:
                    self._room.set()
                await self._socket.send_frame(frame, WSMsgType.TEXT)
        frame, code = self._bye
        await self._socket.send_frame(frame, WSMsgType.TEXT)
        await self._socket.close(code=_CLOSE_CODES.get(code, WSCloseCode.OK), message=code.encode())


_CLOSE_CODES = {
    "going_away": WSCloseCode.GOING_AWAY,
    "revoked": WSCloseCode.POLICY_VIOLATION,
    "token_expired": WSCloseCode.POLICY_VIOLATION,
    "too_many_frames": WSCloseCode.POLICY_VIOLATION,
    "slow_consumer": WSCloseCode.TRY_AGAIN_LATER,
}
