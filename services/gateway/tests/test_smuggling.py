"""Raw bytes that two HTTP readers could understand differently."""

import asyncio
import re
from collections.abc import Awaitable, Callable

import pytest
import pytest_asyncio

from chassis.server import FIRST_REQUEST_SECONDS

from .parts import Gateway, Script
from .scripted import Scripted, described

ServeBytes = Callable[[Script], Awaitable[str]]
StartGateway = Callable[..., Awaitable[Gateway]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def well(serve_bytes: ServeBytes, start_gateway: StartGateway) -> Gateway:
    return await start_gateway({"well": (await serve_bytes(Scripted("ok")), described("well"))})


class TestRequestSmuggling:
    """Bytes that two HTTP readers could cut differently (RFC 9112, 11.2): refused, and the connection closed."""

    @pytest.mark.parametrize(
        "lines",
        [
            b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
            b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
            b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
            b"Content-Length: 1, 1\r\n\r\nx",
            b"Content-Length: +1\r\n\r\nx",
            b"Content-Length: -1\r\n\r\nx",
            b"Content-Length: 0x1\r\n\r\nx",
            b"Content-Length: \r\n\r\n",
            b"Transfer-Encoding: identity\r\n\r\n",
            b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
            b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
            b"Transfer-Encoding\r\n : chunked\r\n\r\n0\r\n\r\n",
            b"X-A: b\r\n c\r\n\r\n",
            b"X-A: b\rc\r\n\r\n",
            b"X-A: b\x00c\r\n\r\n",
            b"X\xff: a\r\n\r\n",
            b"Host: other\r\n\r\n",
            b"Connection: Content-Length\r\nContent-Length: 1\r\n\r\nx",
            b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
            b"Content-Type: a/b\r\nContent-Type: c/d\r\n\r\n",
            b"Connection: Authorization\r\nAuthorization: Bearer a\r\n\r\n",
            b"Connection: close, IDEMPOTENCY-KEY\r\nIdempotency-Key: a\r\n\r\n",
            b"X-A: b\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"\r\nX-A: b\r\n c\r\n\r\n",
            b" X-A: b\r\n\r\n",
            b": b\r\n\r\n",
            b"X-A b\r\n\r\n",
            b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n',
            b"Content-Length: 18446744073709551617\r\n\r\nx",
            b"Content-Length: 1_0\r\n\r\n0123456789",
        ],
    )
    async def test_two_readings_of_a_head(self, well: Gateway, lines: bytes) -> None:
        answer = await well.raw(b"POST /v1/well HTTP/1.1\r\nHost: a\r\n" + lines, seconds=6)
        self.refused(answer)

    @pytest.mark.parametrize(
        "head",
        [
            b"GET /v1/well HTTP/1.1\r\n\r\n",
            b"GET /v1/well HTTP/1.1\r\nHost: a@b/c\r\n\r\n",
            b"GET /v1/well HTTP/1.1\r\nHost: \r\n\r\n",
            b"GET /v1/well HTTP/1.1\nHost: a\n\n",
            b"GET /v1/well HTTP/1.2\r\nHost: a\r\n\r\n",
            b"GET /v1/well HTTP/2.0\r\nHost: a\r\n\r\n",
            b"GET http://a/v1/well HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
            b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
            b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
            b"get /v1/well HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET /v1/well?a b HTTP/1.1\r\nHost: a\r\n\r\n",
            b"POST /v1/well HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 is TLS\r\n\r\n",
        ],
    )
    async def test_request_lines_and_targets(self, well: Gateway, head: bytes) -> None:
        self.refused(await well.raw(head, seconds=6))

    @pytest.mark.parametrize("chunks", [b"zz\r\nx\r\n0\r\n\r\n", b"0x1\r\nx\r\n0\r\n\r\n", b"1\nx\n0\n\n", b"f" * 17])
    async def test_chunks_that_are_none(self, well: Gateway, chunks: bytes) -> None:
        head = b"POST /v1/well HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        self.refused(await well.raw(head, chunks, seconds=6))

    async def test_a_chunk_extension_is_no_place_to_hide(self, well: Gateway) -> None:
        """Extensions are read over; one that ends in a bare line feed would be the end of a chunk to some."""
        head = b"POST /v1/well HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        good = await well.raw(head, b'1;a=b;c="d"\r\nx\r\n0\r\n\r\n')
        assert good.startswith(b"HTTP/1.1 200 ")
        self.refused(await well.raw(head, b"1;a\nx\r\n0\r\n\r\nGET /v1/well HTTP/1.1\r\nHost: a\r\n\r\n", seconds=6))

    @pytest.mark.parametrize(
        "target",
        [
            b"//v1/well", b"/v1//well", b"/v1%2fwell", b"/v1%2Fwell", b"/v1%5cwell", b"/v1\\well", b"/v1/./well",
            b"/v1/x/../well", b"/v1/%2e%2e/well", b"/v1/.%2e/well", b"/v1/well/%00", b"/v1/well%0d%0aX:%20a",
            b"/v1/%c0%af/well", b"/v1/%c0%ae%c0%ae/well", b"/v1/%e0%80%af", b"/v1/%ed%a0%80", b"/v1/well%252e",
            b"/v1/well%zz", b"/v1/well%2", b"/v1/well\x00", b"/v1/well\xff", b"http://a/v1/well",
            b"//evil.example/v1/well",
        ],
    )  # fmt: skip
    async def test_a_target_with_two_readings(self, well: Gateway, target: bytes) -> None:
        answer = await well.raw(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", seconds=6)
        self.refused(answer)

    async def test_whoever_sends_letter_by_letter_is_cut_off(self, well: Gateway) -> None:
        """Slowloris: a head that never ends holds a connection for ten seconds, whatever still trickles in."""
        reader, writer = await asyncio.open_connection("127.0.0.1", well.port)
        writer.write(b"GET /v1/well HTTP/1.1\r\nHost: a\r\nX-A: ")
        async with asyncio.timeout(FIRST_REQUEST_SECONDS + 5):
            assert await reader.read() == b""
        writer.close()

    async def test_a_body_that_trickles_in_is_cut_off(
        self, serve_bytes: ServeBytes, start_gateway: StartGateway
    ) -> None:
        url = await serve_bytes(Scripted("hang"))
        slow = await start_gateway({"well": (url, described("well"))}, upload_seconds=0.3, upload_idle_seconds=5)
        reader, writer = await asyncio.open_connection("127.0.0.1", slow.port)
        writer.write(b"POST /v1/well HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n")
        answer = asyncio.create_task(reader.readline())
        while not answer.done():
            writer.write(b"x")
            await asyncio.wait({answer}, timeout=0.02)
        assert b" 408 " in answer.result()
        writer.close()

    async def test_what_follows_a_body_is_another_request(self, well: Gateway) -> None:
        inner = b"GET /internal/v1/x HTTP/1.1\r\nHost: a\r\n\r\n"
        head = b"POST /v1/well HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(inner)
        assert (await well.raw(head + inner)).count(b"HTTP/1.1 ") == 1

    @pytest.mark.parametrize("protocol", [b"h2c", b"websocket", b"TLS/1.2"])
    async def test_no_other_protocol_is_tunnelled(self, well: Gateway, protocol: bytes) -> None:
        upgrade = b"Connection: Upgrade, close\r\nUpgrade: " + protocol
        answer = await well.raw(b"GET /v1/well HTTP/1.1\r\nHost: a\r\n" + upgrade + b"\r\n\r\n")
        assert b"101" not in answer.partition(b"\r\n")[0]

    @pytest.mark.parametrize("method", [b"TRACE", b"PROPFIND", b"MKCOL"])
    async def test_odd_methods(self, well: Gateway, method: bytes) -> None:
        answer = await well.raw(method + b" /v1/well HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert b" 405 " in answer.partition(b"\r\n")[0]

    def refused(self, answer: bytes) -> None:
        assert len(re.findall(rb"HTTP/[12]\.[01] [0-9]{3} ", answer)) == 1, answer
        assert answer.split(b" ", 2)[1] in (b"400", b"405", b"505"), answer
        assert b"application/problem+json" in answer
