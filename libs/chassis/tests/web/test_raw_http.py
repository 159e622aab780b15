"""What a proper HTTP client would never send, over a plain socket."""

import asyncio
import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from chassis.testing import wait_until


async def exchange(world: Any, sent: bytes, *, end: bool = False) -> tuple[int, bytes]:
    """Send bytes, read one answer; status 0 where the server only closed. `end` hangs up after sending."""
    address = urlsplit(world.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(sent)
    if end:
        writer.write_eof()
    try:
        async with asyncio.timeout(5):
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            return int(head.split()[1]), head + await reader.readexactly(int(length[1]) if length else 0)
    except asyncio.IncompleteReadError as closed:
        return 0, closed.partial
    finally:
        writer.transport.abort()


def request(method: str = "POST", path: str = "/v1/echo", *headers: str, body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: x", "Connection: close", "Content-Type: application/json", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /v1/echo HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n",
        b"GET /v1/echo HTTP/1.1\r\nHost: x\r\n folded: 1\r\n\r\n",
        b"POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 2\r\n\r\n",
        b"POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v1/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_a_problem_too(world: Any, sent: bytes) -> None:
    status, answer = await exchange(world, sent)
    assert status == 400
    assert b"application/problem+json" in answer
    assert b"malformed_request" in answer


async def test_headers_that_are_too_long(world: Any) -> None:
    for sent in (request("GET", "/" + "a" * 9000), request("GET", "/", "X: " + "a" * 17_000)):
        status, answer = await exchange(world, sent)
        assert status == 431
        assert b"headers_too_large" in answer


async def test_a_body_that_stops_half_way(world: Any) -> None:
    for sent in (
        request("POST", "/v1/echo", "Content-Length: 100", body=b'{"title"'),
        request("POST", "/v1/echo", "Transfer-Encoding: chunked", body=b"5\r\n{"),
        request("POST", "/v1/echo", "Transfer-Encoding: chunked", body=b"zz\r\n{"),
    ):
        status, answer = await exchange(world, sent, end=True)
        assert status in (0, 400), answer
        assert b"500" not in answer[:20]


async def test_a_length_that_promises_too_much_is_refused_at_once(world: Any) -> None:
    status, answer = await exchange(world, request("POST", "/v1/echo", "Content-Length: 99999999999"))
    assert status == 413
    assert b"body_too_large" in answer


async def test_paths_are_matched_as_they_are_read(world: Any) -> None:
    for path in ("/v1/words/1/a%2fb", "//v1/words/1/a", "/v1/../internal/v1/who", "/v1/words/1/%ff", "/%00", "*"):
        status, answer = await exchange(world, request("GET", path))
        assert status in (200, 400, 401, 404), (path, answer)
        assert b"internal_error" not in answer


@pytest.mark.parametrize("query", ["limit=%ff", "%00=1", "limit=%ED%A0%80", "a=" + "b" * 4000, "&&&=", "limit[]=1"])
async def test_queries_of_any_bytes(world: Any, query: str) -> None:
    token = world.owner()["Authorization"]
    sent = request("GET", f"/v1/notes?{query}", f"Authorization: {token}")
    status, answer = await exchange(world, sent)
    assert status in (200, 422), answer


async def test_header_bytes_that_are_no_text(world: Any) -> None:
    for name in (b"Authorization: Bearer ", b"If-Match: ", b"Idempotency-Key: ", b"X-Request-Id: "):
        head = request("GET", "/v1/notes").replace(b"Host: x", b"Host: x\r\n" + name + b"\xff\xfe")
        status, answer = await exchange(world, head)
        assert status == 401, answer


async def test_a_client_that_hangs_up_costs_nothing(world: Any) -> None:
    from chassis.metrics import IN_FLIGHT

    address = urlsplit(world.url)
    for _ in range(5):
        _, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(request("POST", "/v1/echo", "Content-Length: 100", body=b'{"title"'))
        await writer.drain()
        writer.transport.abort()
    await wait_until(lambda: IN_FLIGHT._value.get() == 0)
    async with world.http.get(f"{world.url}/health/live") as answer:
        assert answer.status == 200
