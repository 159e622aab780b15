"""A pool of HTTP/1.1 connections to one service. What is repeated, bounded or refused is decided by its user."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from time import monotonic
from typing import Self, cast
from urllib.parse import urlsplit

from multidict import CIMultiDict

from gateway.deadlines import Deadlines
from gateway.exchange import Broken, Exchange
from gateway.headers import Fields, decoded, would_break

IDLE_SECONDS = 15.0
"""Shorter than the time after which a service closes an idle connection, so that it is not we who run into that."""
_MOST_IDLE = 256
_BODY_EXPECTED = frozenset({"POST", "PUT", "PATCH"})


class Unreachable(ConnectionError):
    """No connection could be opened."""


class Connection(asyncio.Protocol):
    """One connection; at most one request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.exchange: Exchange | None = None
        self.idle_since = 0.0
        self._writable: asyncio.Future[None] | None = None

    @property
    def usable(self) -> bool:
        """Whether it is open, as far as is known here."""
        return self.transport is not None and not self.transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self.exchange is None:
            self.close()  # nobody asked
            return
        self.exchange.feed(data)
        if self.exchange.backed_up and self.transport is not None:
            self.transport.pause_reading()
        if self.exchange.failure is not None:
            self.close()
        elif self.exchange.status:
            self._wake_writer()  # no need to send the rest

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name for it
        self.transport = None
        if self.exchange is not None:
            self.exchange.lost()
        self._wake_writer()

    def pause_writing(self) -> None:
        self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        self._wake_writer()

    def _wake_writer(self) -> None:
        writable, self._writable = self._writable, None
        if writable is not None and not writable.done():
            writable.set_result(None)

    async def write(self, data: bytes) -> None:
        """Returns once there is room for more. Raises Broken when it is closed."""
        if self.transport is None or self.transport.is_closing():
            raise Broken("it closed the connection")
        self.transport.write(data)
        if self._writable is not None:
            await self._writable

    def proceed(self) -> None:
        """The reader has caught up."""
        if self.transport is not None:
            self.transport.resume_reading()

    def close(self) -> None:
        """At once."""
        if self.transport is not None:
            self.transport.abort()


class ServiceAnswer:
    """An answer whose body is still to be read. Give it back with `release`, whatever happens."""

    def __init__(self, pool: "Pool", connection: Connection, exchange: Exchange, *, sent: bool) -> None:
        self._pool = pool
        self._connection = connection
        self._exchange = exchange
        self._sent = sent
        self._released = False
        self.status = exchange.status
        self.fields = exchange.fields
        self.length = exchange.length

    @property
    def headers(self) -> CIMultiDict[str]:
        """As text."""
        return decoded(self.fields)

    async def read_all(self) -> bytes:
        """The whole body, of an answer whose length is known to be small. Raises Broken or TimeoutError."""
        if not self._exchange.complete:
            async with asyncio.timeout(self._pool.answer_seconds):
                return await self._exchange.read_all()
        return await self._exchange.read_all()

    async def read_any(self) -> bytes:
        """The next piece of the body, empty at its end. Raises Broken or TimeoutError."""
        was_slow = self._exchange.backed_up
        async with asyncio.timeout(self._pool.answer_seconds):
            data = await self._exchange.read_any()
        if was_slow:
            self._connection.proceed()
        return data

    def release(self) -> None:
        """The connection is kept if the answer was read, the request sent and both sides want to; else closed."""
        if self._released:
            return
        self._released = True
        exchange = self._exchange
        if exchange.complete and exchange.keeps and self._sent and not exchange.excess:
            self._pool.keep(self._connection)
        else:
            self._connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.release()


class Pool:
    """Connections to one origin, `http://host:port` or https. Times are seconds."""

    def __init__(self, origin: str, *, connect_seconds: float, answer_seconds: float) -> None:
        parts = urlsplit(origin)
        self._tls = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._tls else 80)
        self._prefix = parts.path.rstrip("/").encode()
        self._host_line = f"\r\nHost: {parts.netloc.rpartition('@')[2]}\r\n".encode()
        self._connect_seconds = connect_seconds
        self.answer_seconds = answer_seconds
        self._deadlines = Deadlines(answer_seconds)
        self._idle: list[Connection] = []

    async def request(
        self,
        method: str,
        target: str,
        fields: Fields,
        body: AsyncGenerator[bytes, None] | None = None,
        *,
        timed: bool = False,
        fresh: bool = False,
    ) -> ServiceAnswer:
        """Status and headers of the answer. Raises Unreachable, Broken, TimeoutError, or what the body raises.

        A body without a Content-Length among the fields goes in chunks. A `timed` one's answer must begin within
        the pool's `answer_seconds` once the request is sent. `fresh` takes a connection that nothing was asked on.
        """
        connection = None if fresh else self._kept()
        if connection is None:
            connection = await self._open()
        exchange = connection.exchange = Exchange(method)
        try:
            chunked = body is not None and not any(name == b"Content-Length" for name, _ in fields)
            await connection.write(self._head(method, target, fields, chunked=chunked, has_body=body is not None))
            sent = body is None or await _send(connection, exchange, body, chunked=chunked)
            await exchange.head(self._deadlines if timed else None)
        except BaseException:
            connection.close()
            raise
        return ServiceAnswer(self, connection, exchange, sent=sent)

    def keep(self, connection: Connection) -> None:
        """For the next request."""
        connection.exchange = None
        if not connection.usable or len(self._idle) >= _MOST_IDLE:
            connection.close()
            return
        connection.idle_since = monotonic()
        self._idle.append(connection)

    def close(self) -> None:
        """All that are idle."""
        self._deadlines.close()
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    def _kept(self) -> Connection | None:
        """The one used last; those that have been idle for too long are closed."""
        while self._idle:
            connection = self._idle.pop()
            if connection.usable and monotonic() - connection.idle_since < IDLE_SECONDS:
                return connection
            connection.close()
        return None

    async def _open(self) -> Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect_seconds):
                _, connection = await loop.create_connection(
                    Connection, self._host, self._port, ssl=True if self._tls else None
                )
        except (OSError, TimeoutError) as error:
            raise Unreachable(type(error).__name__) from error
        return connection

    def _head(self, method: str, target: str, fields: Fields, *, chunked: bool, has_body: bool) -> bytes:
        lines = [b": ".join(field) for field in fields]
        if chunked:
            lines.append(b"Transfer-Encoding: chunked")
        elif not has_body and method in _BODY_EXPECTED:
            lines.append(b"Content-Length: 0")
        start = b"%b %b%b HTTP/1.1" % (method.encode(), self._prefix, target.encode())
        if would_break(b"".join(lines)) or len(start.split()) != 3:
            raise ValueError("a request that would not be one")
        lines.append(b"\r\n")
        return start + self._host_line + b"\r\n".join(lines)


async def _send(
    connection: Connection, exchange: Exchange, body: AsyncGenerator[bytes, None], *, chunked: bool
) -> bool:
    """Whether all of it was sent: an answer that comes before the end ends it."""
    async with aclosing(body) as pieces:
        async for piece in pieces:
            if exchange.status or exchange.failure is not None:
                return False
            await connection.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
    if exchange.status:
        return False
    if chunked:
        await connection.write(b"0\r\n\r\n")
    return True
