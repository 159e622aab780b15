"""The five AMQP frames that pass for every message, as bytes: deliver, confirm, return in; publish out.

aiormq owns the connection: handshake, heartbeats, topology, acknowledgements, closing. It spends a task, three futures
and several passes over the bytes on each message, which is most of what an event costs. So what comes for a message is
taken out of the stream before aiormq reads it, and what goes out is written as one piece for a whole batch.
Source: AMQP 0-9-1, sections 2.3.5 and 4.2; RabbitMQ's publisher confirms.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from struct import Struct
from typing import Any, NamedTuple, SupportsIndex

from aiormq.connection import TransportFactory
from aiormq.exceptions import AMQPConnectionError
from pamqp import decode, encode
from yarl import URL

METHOD, HEADER, BODY = 1, 2, 3
DELIVER, RETURN, ACK, NACK, PUBLISH = 0x3C003C, 0x3C0032, 0x3C0050, 0x3C0078, 0x3C0028
BASIC = 60
MANDATORY = 1
TEXT = ord("S")
PERSISTENT = 2
END = b"\xce"
HEARTBEAT = b"\x08\x00\x00\x00\x00\x00\x00\xce"
LONGEST_SHORT = 255
LONGEST_PAUSE = 1.0
"""So long aiormq may hear nothing while messages come; then it is told that the connection lives."""

_FRAME = Struct(">BHL")
_NUMBER = Struct(">L")
_TAG = Struct(">Q")
_TAG_AND_BITS = Struct(">QB")
_CONTENT = Struct(">HHQH")


class Delivered(NamedTuple):
    """A message as it came. Of its properties those that anybody here reads; texts are decoded, unless in `headers`."""

    tag: int
    message_id: str | None
    type: str | None
    headers: Mapping[str, Any]
    body: bytes


class Returned(NamedTuple):
    """A message that no queue took."""

    message_id: str | None
    reason: str


@dataclass
class _Content:
    """A message of which the frames are still coming; `begun` is its method frame."""

    method: int
    begun: bytes
    properties: dict[str, Any]
    missing: int
    parts: list[bytes]


class Wire(asyncio.StreamReader):
    """The stream that aiormq reads, without the frames somebody here has asked for. For connections with one channel.

    `on_confirm` gets the delivery tag, whether all before it are meant too, and whether the broker took them.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self.on_delivery: Callable[[Delivered], None] | None = None
        self.on_confirm: Callable[[int, bool, bool], None] | None = None
        self.on_return: Callable[[Returned], None] | None = None
        self._clock = loop.time
        self._passed_on = loop.time()
        self._rest = b""
        self._content: _Content | None = None

    def feed_data(self, data: "Iterable[SupportsIndex]") -> None:
        """Sort what came: whole frames for us are handled, all others go on to aiormq, a part of one waits."""
        come = self._rest + bytes(data)
        at, others = 0, []
        while len(come) - at >= _FRAME.size:
            kind, _, size = _FRAME.unpack_from(come, at)
            end = at + _FRAME.size + size + len(END)
            if end > len(come):
                break
            if not self._take(kind, come, at + _FRAME.size, end - len(END)):
                others.append(come[at:end])
            at = end
        self._rest = come[at:]
        self._pass_on(b"".join(others), taken=at > 0)

    def feed_eof(self) -> None:
        """The end, after what is left of a frame: aiormq says what is wrong with it."""
        if self._rest:
            super().feed_data(self._rest)
            self._rest = b""
        super().feed_eof()

    def _pass_on(self, data: bytes, *, taken: bool) -> None:
        if not data and taken and self._clock() - self._passed_on > LONGEST_PAUSE:
            data = HEARTBEAT
        if data:
            self._passed_on = self._clock()
            super().feed_data(data)

    def _take(self, kind: int, data: bytes, start: int, end: int) -> bool:
        """Whether the frame is for us; then it is handled."""
        if kind == METHOD:
            return self._take_method(data, start, end)
        if self._content is None or kind not in (HEADER, BODY):
            return False
        if kind == HEADER:
            _, _, self._content.missing, flags = _CONTENT.unpack_from(data, start)
            self._content.properties = _properties(data, start + _CONTENT.size, flags)
        else:
            self._content.parts.append(data[start:end])
            self._content.missing -= end - start
        if self._content.missing == 0:
            content, self._content = self._content, None
            self._hand_over(content)
        return True

    def _take_method(self, data: bytes, start: int, end: int) -> bool:
        (method,) = _NUMBER.unpack_from(data, start)
        if method in (ACK, NACK) and self.on_confirm is not None:
            tag, multiple = _TAG_AND_BITS.unpack_from(data, start + 4)
            self.on_confirm(tag, bool(multiple & 1), method == ACK)
        elif (method == DELIVER and self.on_delivery is not None) or (method == RETURN and self.on_return is not None):
            self._content = _Content(method, data[start + 4 : end], {}, 0, [])
        else:
            return False
        return True

    def _hand_over(self, content: _Content) -> None:
        message_id, type_ = content.properties.get("message_id"), content.properties.get("type")
        if content.method == DELIVER and self.on_delivery is not None:
            (tag,) = _TAG.unpack_from(content.begun, 1 + content.begun[0])
            headers = content.properties.get("headers", {})
            self.on_delivery(Delivered(tag, message_id, type_, headers, b"".join(content.parts)))
        elif self.on_return is not None:
            reason, _ = _read_short(content.begun, 2)
            self.on_return(Returned(message_id, reason))


def _read_short(data: bytes, at: int) -> tuple[str, int]:
    end = at + 1 + data[at]
    return data[at + 1 : end].decode(errors="replace"), end


def _read_table(data: bytes, at: int) -> tuple[dict[str, Any], int]:
    """A table of texts, as ours are, is read here; one that holds anything else by pamqp, which takes longer."""
    start = at
    (size,) = _NUMBER.unpack_from(data, at)
    at, end = at + 4, at + 4 + size
    values = {}
    while at < end:
        name, at = _read_short(data, at)
        if data[at] != TEXT:
            return decode.field_table(data[start:end])[1], end
        (length,) = _NUMBER.unpack_from(data, at + 1)
        at += 5 + length
        values[name] = data[at - length : at].decode(errors="replace")
    return values, end


_PROPERTIES: tuple[tuple[int, str, Callable[[bytes, int], tuple[Any, int]]], ...] = (
    (0x8000, "content_type", _read_short),
    (0x4000, "content_encoding", _read_short),
    (0x2000, "headers", _read_table),
    (0x1000, "delivery_mode", lambda data, at: (data[at], at + 1)),
    (0x0800, "priority", lambda data, at: (data[at], at + 1)),
    (0x0400, "correlation_id", _read_short),
    (0x0200, "reply_to", _read_short),
    (0x0100, "expiration", _read_short),
    (0x0080, "message_id", _read_short),
    (0x0040, "timestamp", lambda data, at: (data[at : at + 8], at + 8)),
    (0x0020, "type", _read_short),
)
"""In the order of the wire. What follows, user and application, nobody here reads."""


def _properties(data: bytes, at: int, flags: int) -> dict[str, Any]:
    found = {}
    for flag, name, read in _PROPERTIES:
        if flags & flag:
            found[name], at = read(data, at)
    return found


class WireTransport(TransportFactory):
    """Opens the socket for aiormq, with a `wire` in it."""

    wire: Wire

    async def create(self, url: URL, **options: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Raises AMQPConnectionError."""
        certificates = options.pop("ssl_context_provider")
        tls = await certificates.get_context() if url.scheme == "amqps" else None
        loop = asyncio.get_running_loop()
        self.wire = Wire(loop)
        protocol = asyncio.StreamReaderProtocol(self.wire, loop=loop)
        try:
            transport, _ = await loop.create_connection(
                lambda: protocol, url.host or "", url.port or 0, ssl=tls, **options
            )
        except OSError as error:
            raise AMQPConnectionError(*error.args) from error
        return self.wire, asyncio.StreamWriter(transport, protocol, self.wire, loop)


@dataclass(frozen=True)
class Outgoing:
    """A message to be published: persistent, and returned where no queue takes it."""

    exchange: str
    routing_key: str
    message_id: str
    type: str
    content_type: str
    app_id: str
    timestamp: datetime
    headers: Mapping[str, Any]
    body: bytes

    def frames(self, channel: int, frame_max: int) -> bytes:
        """As it goes over the wire. Raises ValueError for what AMQP cannot say."""
        method = b"\0\0" + _short(self.exchange) + _short(self.routing_key) + bytes([MANDATORY])
        properties = b"".join(
            (
                _short(self.content_type),
                _table(self.headers),
                bytes([PERSISTENT]),
                _short(self.message_id),
                _TAG.pack(int(self.timestamp.timestamp())),
                _short(self.type),
                _short(self.app_id),
            )
        )
        content = _CONTENT.pack(BASIC, 0, len(self.body), _FLAGS)
        largest = frame_max - _FRAME.size - len(END)
        bodies = [self.body[at : at + largest] for at in range(0, len(self.body), largest)]
        return b"".join(
            (
                _frame(METHOD, channel, _NUMBER.pack(PUBLISH) + method),
                _frame(HEADER, channel, content + properties),
                *(_frame(BODY, channel, body) for body in bodies),
            )
        )


_FLAGS = 0x8000 | 0x2000 | 0x1000 | 0x0080 | 0x0040 | 0x0020 | 0x0008


def _frame(kind: int, channel: int, payload: bytes) -> bytes:
    return _FRAME.pack(kind, channel, len(payload)) + payload + END


def _short(text: str) -> bytes:
    encoded = text.encode()
    if len(encoded) > LONGEST_SHORT:
        raise ValueError(f"longer than {LONGEST_SHORT} bytes: {text[:40]}…")
    return bytes([len(encoded)]) + encoded


def _table(values: Mapping[str, Any]) -> bytes:
    if all(isinstance(value, str) for value in values.values()):
        entries = b"".join(_short(name) + b"S" + _long(value) for name, value in values.items())
        return _NUMBER.pack(len(entries)) + entries
    try:
        return encode.field_table(dict(values))
    except TypeError as error:
        raise ValueError(str(error)) from error


def _long(text: str) -> bytes:
    encoded = text.encode()
    return _NUMBER.pack(len(encoded)) + encoded
