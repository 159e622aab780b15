"""One answer of a service, read off its connection. Framing that two readers could cut differently is refused.

The parser is llhttp in its strict mode; what it leaves to its user is checked here: one Content-Length or one
Transfer-Encoding `chunked` and never both, no line breaks or NUL in a header, a head of bounded size, interim answers
passed over, nothing after the end (RFC 9112, 6.3).
"""

import asyncio
from functools import lru_cache

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from gateway.deadlines import Deadlines
from gateway.headers import Fields, would_break

MOST_HEAD_BYTES = 65_536
_PAUSE_ABOVE = 262_144
_SWITCHING_PROTOCOLS = 101
_STATUS_LINE_BYTES = 32


@lru_cache(maxsize=1024)
def _frames(name: bytes) -> str:
    """Which of the two headers that say where a message ends this is; empty for any other."""
    lower = name.decode("latin-1").lower()
    return lower if lower in ("content-length", "transfer-encoding") else ""


class Broken(ConnectionError):
    """The service broke off, or what it sent is no HTTP; the message is for the log."""


class Exchange:
    """The answer to one request.

    `head` is awaited for status and headers, `read_any` and `read_all` give the body; each raises Broken, and
    TimeoutError once the head's time is over. `backed_up` says that its reader is slower than the service.
    """

    status = 0
    length: int | None = None
    complete = False
    keeps = False
    """Whether the service keeps the connection after this answer."""
    excess = False
    """Whether something came after the end: the connection is not to be trusted with another request."""
    failure: Broken | TimeoutError | None = None
    backed_up = False
    _head_bytes = 0
    _parsed_bytes = 0
    _chunked = False
    _begun = False
    _size = 0
    _waiter: asyncio.Future[None] | None = None

    def __init__(self, method: str) -> None:
        self.fields: Fields = []
        self._is_head = method == "HEAD"
        self._chunks: list[bytes] = []
        self._parser = HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """What the connection received."""
        if self.complete or self.failure is not None:
            self.excess = True
            return
        if not self._begun:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            self._fail("it changed the protocol")
        except HttpParserError as error:
            if not self.complete:
                self._fail(f"it sent no HTTP: {error}")
            self.excess = True
        if not self._begun and self._head_bytes > MOST_HEAD_BYTES:
            self._fail("its headers are too large")
        self.backed_up = self._size > _PAUSE_ABOVE
        if self.complete or self.failure is not None:
            del self._parser  # it holds us as we hold it, and only the garbage collector would part us
        self._wake()

    def lost(self) -> None:
        """The connection is gone: the end of an answer that has no other."""
        if self._begun and not self.complete and self.length is None and not self._chunked:
            self.complete = True
        if not self.complete:
            self._fail("it closed the connection")
        self._wake()

    async def head(self, deadlines: Deadlines | None) -> None:
        """Returns once status and headers are there. None leaves the time it may take to the caller."""
        if deadlines is None:
            while not self._begun:
                await self._wait()
            return
        deadlines.begin(self)
        try:
            await self.head(None)
        finally:
            deadlines.end(self)

    async def read_any(self) -> bytes:
        """What there is of the body, at least one byte; none at its end."""
        while not self._chunks:
            if self.complete:
                return b""
            await self._wait()
        data = b"".join(self._chunks)
        self._chunks.clear()
        self._size = 0
        self.backed_up = False
        return data

    async def read_all(self) -> bytes:
        """The body, for an answer known to be small."""
        while not self.complete:
            await self._wait()
        return b"".join(self._chunks)

    def expire(self) -> None:
        """The head's time is over."""
        if self.failure is None and not self._begun:
            self.failure = TimeoutError()
        self._wake()

    # What the parser says.

    def on_message_begin(self) -> None:
        self.excess = self.excess or self.complete

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._begun:  # later ones are a trailer, or another message
            self.fields.append((name, value))

    def on_headers_complete(self) -> None:
        if self._begun:
            return
        status = self._parser.get_status_code()
        self._parsed_bytes += _STATUS_LINE_BYTES + sum([len(name) + len(value) + 4 for name, value in self.fields])
        if self._parsed_bytes > MOST_HEAD_BYTES:
            self._fail("its headers are too large")
            return
        if status < 200:
            if status == _SWITCHING_PROTOCOLS:
                self._fail("it changed the protocol")
            self.fields.clear()
            return
        wrong = self._take_head(status)
        if wrong is not None:
            self._fail(wrong)
            return
        self._begun = True
        if self._is_head:
            self._end()

    def on_body(self, chunk: bytes) -> None:
        if self.complete:
            self.excess = True
            return
        self._chunks.append(chunk)
        self._size += len(chunk)

    def on_message_complete(self) -> None:
        if self._begun and not self.complete:
            self._end()

    def _end(self) -> None:
        self.complete = True
        self.keeps = self._parser.should_keep_alive()

    def _take_head(self, status: int) -> str | None:
        """Keep it, or say what is wrong with it."""
        if self._parser.get_http_version() not in ("1.1", "1.0"):
            return "it speaks another version"
        self.status = status
        if would_break(b"".join([value for _, value in self.fields])):
            return "a header has a line break"
        framing = [(kind, value) for name, value in self.fields if (kind := _frames(name))]
        if len(framing) > 1:
            return "two lengths"
        for kind, value in framing:
            if kind == "content-length":
                if not value.isdigit():
                    return "a length that is no number"
                self.length = int(value)
            elif value.strip().lower() != b"chunked":
                return "another transfer coding than chunked"
            else:
                self._chunked = True
        return None

    def _fail(self, reason: str) -> None:
        if self.failure is None and not self.complete:
            self.failure = Broken(reason)

    async def _wait(self) -> None:
        if self.failure is not None:
            raise self.failure
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
        if self.failure is not None:
            raise self.failure

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
