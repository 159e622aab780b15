"""Bodies: their size, their pace, and when they are asked for."""

import asyncio
import json
from typing import Any

import pytest

from .parts import Gateway


@pytest.fixture
def gateway(echo: Gateway) -> Gateway:
    return echo


class TestBodies:
    async def test_too_large_by_content_length_is_refused_before_it_is_read(self, gateway: Gateway) -> None:
        head = b"POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\nConnection: close\r\n\r\n"
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(head)
        answer = await asyncio.wait_for(reader.readuntil(b"}"), 5)
        writer.close()
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b'"body_too_large"' in answer

    async def test_too_large_in_pieces_is_counted(self, gateway: Gateway) -> None:
        async def pieces() -> Any:
            for _ in range(20):
                yield b"x" * 10_000

        answer = await gateway.ask("POST", "/v1/echo", data=pieces())
        assert (answer.status, answer.code) == (413, "body_too_large")

    async def test_a_document_may_set_a_lower_cap(self, gateway: Gateway) -> None:
        assert (await gateway.ask("POST", "/v1/echo-small", data=b"x" * 10)).status == 200
        assert (await gateway.ask("POST", "/v1/echo-small", data=b"x" * 11)).status == 413

    async def test_a_client_that_stops_half_way_is_told(self, gateway: Gateway) -> None:
        answer = await gateway.raw(
            b"POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nConnection: close\r\n\r\nhalf"
        )
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b'"request_timeout"' in answer

    async def test_the_body_is_asked_for_once_it_is_wanted(self, gateway: Gateway) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(
            b"POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n"
            b"Connection: close\r\n\r\n"
        )
        assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5) == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"body")
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert json.loads(answer.split(b"\r\n\r\n", 1)[1])["body"] == "body"

    async def test_the_body_is_not_asked_for_in_vain(self, gateway: Gateway) -> None:
        answer = await gateway.raw(
            b"POST /v1/echo-mine HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n"
            b"Connection: close\r\n\r\n",
            b"body",
        )
        assert answer.startswith(b"HTTP/1.1 401 ")

    async def test_another_expectation_fails(self, gateway: Gateway) -> None:
        answer = await gateway.ask("POST", "/v1/echo", data=b"x", headers={"Expect": "miracles"})
        assert (answer.status, answer.code) == (417, "expectation_failed")
