"""A request to a service and back, through real sockets."""

import gzip
import json
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
