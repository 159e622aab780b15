"""Asks at a rate, whether or not earlier answers have come: waits are counted from when a request was due.

Usage: python -m tests.load.gateway.paced HOST:PORT TARGET TOKEN RATE SECONDS; prints p50 and p99 in milliseconds.
"""

import asyncio
import sys

import uvloop
from httptools import HttpResponseParser

from tests.load.figures import percentile

_CONNECTIONS = 64


class _Connection(asyncio.Protocol):
    def __init__(self, free: "list[_Connection]", waits: list[float]) -> None:
        self._free, self._waits = free, waits
        self._transport: asyncio.Transport | None = None
        self._due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._free.append(self)

    def ask(self, request: bytes, due: float) -> None:
        self._due = due
        self._parser = HttpResponseParser(self)
        assert self._transport is not None
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() != 200:
            raise SystemExit(f"answered {self._parser.get_status_code()}")
        self._waits.append(asyncio.get_running_loop().time() - self._due)
        self._free.append(self)


async def ask_at(host: str, port: int, request: bytes, rate: float, seconds: float) -> list[float]:
    """The waits in seconds, of the requests after the first second."""
    loop, free, waits = asyncio.get_running_loop(), [], []  # type: ignore[var-annotated]
    for _ in range(_CONNECTIONS):
        await loop.create_connection(lambda: _Connection(free, waits), host, port)
    start, asked = loop.time(), 0
    while (now := loop.time()) < start + seconds:
        while asked < (now - start) * rate and free:
            free.pop().ask(request, start + asked / rate)
            asked += 1
        await asyncio.sleep(0.0002)
    await asyncio.sleep(0.5)
    return waits[int(rate) :]


def main() -> None:
    address, target, token, rate, seconds = sys.argv[1:]
    host, _, port = address.partition(":")
    request = (
        f"GET {target} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nAccept: application/json\r\n\r\n"
    )
    waits = uvloop.run(ask_at(host, int(port), request.encode(), float(rate), float(seconds)))
    print(percentile(waits, 0.5) * 1000, percentile(waits, 0.99) * 1000)


if __name__ == "__main__":
    main()
