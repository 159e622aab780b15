"""An answer that is there as a whole, written in one piece."""

from functools import lru_cache
from http.client import responses

from aiohttp import HttpVersion10, web
from aiohttp.abc import AbstractStreamWriter

from gateway.headers import Passed
from gateway.visits import worn


class Relayed(web.StreamResponse):
    """Goes past aiohttp's own way of writing a head, which costs as much as all checks of the gateway together.

    `length` is what Content-Length says where that is not the body's own: the answer to HEAD; None leaves it out.
    """

    def __init__(self, status: int, passed: Passed, body: bytes, length: int | None) -> None:
        super().__init__(status=status)
        self._passed = passed
        self._whole = body
        self._length = length

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Write all of it."""
        if self.prepared:
            return None
        if self._keep_alive is None:
            self._keep_alive = request.keep_alive
        writer = self._payload_writer = request.writer
        await writer.write(self._head(request) + self._whole)
        return writer

    async def write_eof(self, data: bytes = b"") -> None:  # noqa: ARG002 - there is nothing after the whole
        """Wait until the client has taken enough of it."""
        if self._payload_writer is not None:
            await self._payload_writer.drain()
        self._eof_sent = True

    def _head(self, request: web.BaseRequest) -> bytes:
        fields, by_name = self._passed
        text = _status_line(self.status) + worn(request, stored="cache-control" in by_name)
        if self._length is not None:
            text += f"Content-Length: {self._length}\r\n"
            if self._whole and "content-type" not in by_name:
                text += "Content-Type: application/octet-stream\r\n"
        if not self._keep_alive:
            text += "Connection: close\r\n"
        elif request.version == HttpVersion10:
            text += "Connection: keep-alive\r\n"
        lines = [*[b": ".join(field) for field in fields], b"\r\n"]
        return text.encode() + b"\r\n".join(lines)


@lru_cache(maxsize=64)
def _status_line(status: int) -> str:
    return f"HTTP/1.1 {status} {responses.get(status, '')}\r\n"
