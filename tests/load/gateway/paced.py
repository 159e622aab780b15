"""Asks at a rate, whether or not earlier answers have come: waits are counted from when a request was due.

Usage: python -m tests.load.gateway.paced HOST:PORT TARGET TOKEN RATE SECONDS; prints p50 and p99 in milliseconds, and
how many of a thousand were refused.
"""

import asyncio
import signal
import sys
from time import perf_counter

import uvloop
from httptools import HttpResponseParser

from tests.load.figures import percentile

_CONNECTIONS = 64
_TICK_SECONDS = 0.00025
"""The loop's own timers count in milliseconds."""


class _Load:
    """What is due goes out at each tick, and at each answer that makes a connection free."""

    def __init__(self, request: bytes, rate: float) -> None:
        self.waits: list[float] = []
        self.early = 0
        """Of the waits: those of the first second, which warms up."""
        self.refused = 0
        self._request, self._rate = request, rate
        self._free: list[_Connection] = []
        self._asked = 0
        self._start = self._end = 0.0

    def run_for(self, seconds: float) -> None:
        self._start = perf_counter()
        self._end = self._start + seconds

    def is_free(self, connection: "_Connection") -> None:
        self._free.append(connection)
        self.ask()

    def ask(self) -> None:
        now = perf_counter()
        while self._free and now < self._end and self._asked < (now - self._start) * self._rate:
            self._free.pop().ask(self._request, self._start + self._asked / self._rate)
            self._asked += 1

    def answered(self, status: int, due: float) -> None:
        if status != 200:
            self.refused += 1
            return
        self.waits.append(perf_counter() - due)
        if due < self._start + 1:
            self.early = len(self.waits)


class _Connection(asyncio.Protocol):
    def __init__(self, load: _Load) -> None:
        self._load = load
        self._transport: asyncio.Transport | None = None
        self._due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._load.is_free(self)

    def ask(self, request: bytes, due: float) -> None:
        self._due = due
        self._parser = HttpResponseParser(self)
        assert self._transport is not None
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._load.answered(self._parser.get_status_code(), self._due)
        self._load.is_free(self)


async def ask_at(host: str, port: int, request: bytes, rate: float, seconds: float) -> tuple[list[float], int]:
    """The waits in seconds, of the requests after the first second; how many were refused."""
    loop, load = asyncio.get_running_loop(), _Load(request, rate)
    for _ in range(_CONNECTIONS):
        await loop.create_connection(lambda: _Connection(load), host, port)
    loop.add_signal_handler(signal.SIGALRM, load.ask)
    load.run_for(seconds)
    signal.setitimer(signal.ITIMER_REAL, _TICK_SECONDS, _TICK_SECONDS)
    await asyncio.sleep(seconds + 0.5)
    signal.setitimer(signal.ITIMER_REAL, 0)
    return load.waits[load.early :], load.refused


def main() -> None:
    address, target, token, rate, seconds = sys.argv[1:]
    host, _, port = address.partition(":")
    request = (
        f"GET {target} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nAccept: application/json\r\n\r\n"
    )
    waits, refused = uvloop.run(ask_at(host, int(port), request.encode(), float(rate), float(seconds)))
    shares = [percentile(waits, share) * 1000 for share in (0.5, 0.99)]
    print(*shares, 1000 * refused / (refused + len(waits)))


if __name__ == "__main__":
    main()
