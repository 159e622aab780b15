"""A request to a service and back, through real sockets."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from .parts import Gateway

PROBLEM = "application/problem+json"


@pytest.fixture
def gateway(echo: Gateway) -> Gateway:
    return echo


class TestForwarding:
    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
    async def test_method_query_and_body_arrive(self, gateway: Gateway, method: str) -> None:
        body = b'{"a": 1}' if method != "GET" else None
        answer = await gateway.ask(method, "/v1/echo?a=1&b=%2F..", data=body)
        assert answer.status == 200
        assert answer.json["method"] == method
        assert answer.json["target"] == "/v1/echo?a=1&b=%2F.."
        assert answer.json["body"] == (body or b"").decode()

    async def test_head_has_the_length_and_no_body(self, gateway: Gateway) -> None:
        answer = await gateway.ask("HEAD", "/v1/echo")
        assert (answer.status, answer.body) == (200, b"")
        assert int(answer.headers["Content-Length"]) > 0

    async def test_a_chunked_body_arrives(self, gateway: Gateway) -> None:
        async def pieces() -> Any:
            for _ in range(10):
                yield b"piece"

        answer = await gateway.ask("POST", "/v1/echo", data=pieces())
        assert answer.json["body"] == "piece" * 10

    async def test_the_one_spelling_of_the_path_is_forwarded(self, gateway: Gateway) -> None:
        answer = await gateway.raw(b"GET /v1/%65cho/%c3%a4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert json.loads(answer.split(b"\r\n\r\n", 1)[1])["target"] == "/v1/echo/%C3%A4"

    async def test_a_compressed_body_is_not_touched(self, gateway: Gateway) -> None:
        packed = gzip.compress(b"hello", mtime=0)
        answer = await gateway.ask("POST", "/v1/echo", data=packed, headers={"Content-Encoding": "gzip"})
        assert answer.json["body"].encode("latin-1") == packed

    async def test_a_large_answer_is_streamed(self, gateway: Gateway) -> None:
        answer = await gateway.get("/v1/stream-large")
        assert len(answer.body) == 64 * 16_384

    async def test_each_cookie_is_passed_on(self, gateway: Gateway) -> None:
        answer = await gateway.get("/v1/cookies")
        assert answer.headers.getall("Set-Cookie") == ["a=1; HttpOnly", "b=2; Path=/v1/auth"]

    async def test_a_redirect_is_the_clients_to_follow(self, gateway: Gateway) -> None:
        answer = await gateway.get("/v1/redirect")
        assert (answer.status, answer.headers["Location"]) == (302, "https://pay.example/x")

    async def test_connections_to_a_client_are_kept(self, gateway: Gateway) -> None:
        request = b"GET /v1/echo HTTP/1.1\r\nHost: a\r\n\r\n"
        last = b"GET /v1/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        assert (await gateway.raw(request + request + last)).count(b"HTTP/1.1 200 OK") == 3

    async def test_each_answer_on_a_connection_is_whole_though_nobody_reads_at_first(self, gateway: Gateway) -> None:
        request = b"GET /v1/echo?" + b"x" * 8_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n"
        last = request.replace(b"Host: a", b"Host: a\r\nConnection: close")
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port, limit=2**10)
        writer.writelines([request] * 300 + [last])
        async with asyncio.timeout(60):
            said = b"".join([piece async for piece in _pieces(reader)])
        writer.close()
        answers = said.split(b"HTTP/1.1 200 OK\r\n")[1:]
        assert len(answers) == 301
        for answer in answers:
            head, _, body = answer.partition(b"\r\n\r\n")
            assert json.loads(body)["target"].endswith("x" * 8_000)
            assert f"Content-Length: {len(body)}".encode() in head
        assert b"Connection: close" in answers[-1]

    @pytest.mark.parametrize(("asked", "said"), [(b"close", b"close"), (b"keep-alive", b"keep-alive"), (b"", b"close")])
    async def test_who_speaks_http_1_0_is_told_whether_the_connection_stays(
        self, gateway: Gateway, asked: bytes, said: bytes
    ) -> None:
        wish = b"Connection: " + asked + b"\r\n" if asked else b""
        last = b"GET /v1/echo HTTP/1.0\r\nHost: a\r\n\r\n" if said == b"keep-alive" else b""
        answer = await gateway.raw(b"GET /v1/echo HTTP/1.0\r\nHost: a\r\n" + wish + b"\r\n" + last)
        heads = [one.partition(b"\r\n\r\n")[0] for one in answer.split(b"HTTP/1.1 200 OK")[1:]]
        assert len(heads) == 1 + bool(last)
        assert b"\r\nConnection: " + said in heads[0]

    async def test_an_answer_without_a_word_about_caching_is_not_kept(self, gateway: Gateway) -> None:
        headers = (await gateway.get("/v1/echo")).headers
        assert headers.getall("Cache-Control") == ["no-store"]
        assert headers.getall("Date")
        assert headers.getall("X-Content-Type-Options") == ["nosniff"]


async def _pieces(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while piece := await reader.read(65_536):
        yield piece


class TestErrorsOfAService:
    async def test_a_problem_passes(self, gateway: Gateway) -> None:
        answer = await gateway.get("/v1/status", params={"status": "409", "type": PROBLEM})
        assert (answer.status, answer.code) == (409, "seats_exhausted")

    @pytest.mark.parametrize("status", [400, 404, 500, 502, 503])
    async def test_anything_else_becomes_a_problem_without_a_leak(self, gateway: Gateway, status: int) -> None:
        answer = await gateway.get("/v1/status", params={"status": str(status)})
        assert (answer.status, answer.code) == (status, "service_error")
        assert answer.json["request_id"] == answer.headers["X-Request-Id"]
        assert b"secret" not in answer.body
        assert "X-Leak" not in answer.headers
        assert answer.headers["Retry-After"] == "7"

    async def test_an_answer_cut_short_is_visibly_cut_short(self, gateway: Gateway) -> None:
        answer = await gateway.raw(b"GET /v1/half HTTP/1.1\r\nHost: a\r\n\r\n")
        head, _, body = answer.partition(b"\r\n\r\n")
        assert b"Content-Length: 200000" in head
        assert len(body) < 200_000
