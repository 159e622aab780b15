"""The WebSocket through the gateway, against a real WebSocket service."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import WSMessage, WSMsgType, WSServerHandshakeError, web

from chassis.testing import wait_until

from .parts import Gateway, Teams, document, operation

DOCUMENT = document({"/v1/stream": {"get": operation()}, "/v1/stream/ticket": {"post": operation(token=True)}})
ServeApp = Callable[[web.Application], Awaitable[str]]


@dataclass
class Notifier:
    """A service of sockets that does what the query tells it."""

    headers: list[dict[str, str]] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    codes: list[int | None] = field(default_factory=list)
    sent: int = 0
    open: int = 0

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/v1/stream", self.serve)
        return app

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        self.targets.append(request.raw_path)
        do = request.query.get("do", "echo")
        if do == "refuse":
            return web.json_response(
                {"code": "ticket_invalid", "status": 401}, status=401, content_type="application/problem+json"
            )
        if do == "fail":
            return web.Response(status=500, text="Traceback: secret")
        socket = web.WebSocketResponse(compress=False, protocols=("v1",))
        await socket.prepare(request)
        self.open += 1
        try:
            await self._play(do, request, socket)
        finally:
            self.open -= 1
            self.codes.append(socket.close_code)
        return socket

    async def _play(self, do: str, request: web.Request, socket: web.WebSocketResponse) -> None:
        if do == "close":
            await socket.close(code=4003, message=b"removed")
        elif do == "die":
            assert request.transport is not None
            request.transport.abort()
        elif do == "flood":
            while True:
                await socket.send_str("x" * 10_000)
                self.sent += 10_000
        else:
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    await socket.send_str(message.data)
                else:
                    await socket.send_bytes(message.data)


@pytest.fixture(scope="module")
def notifier() -> Notifier:
    return Notifier()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gateway(serve_app: ServeApp, start_gateway: Callable[..., Awaitable[Gateway]], notifier: Notifier) -> Gateway:
    url = await serve_app(notifier.application())
    return await start_gateway(
        {"notifier": (url, DOCUMENT)},
        allowed_origins=["https://app.example"],
        stream_message_bytes=10_000,
        stream_stall_seconds=0.5,
        streams_per_address=5,
        streams_per_user=2,
    )


def connect(gateway: Gateway, query: str = "", **options: Any) -> Any:
    return gateway.session.ws_connect(f"{gateway.url}/v1/stream{query}", **options)


async def refusal(gateway: Gateway, query: str = "", **headers: str) -> Any:
    upgrade = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }  # fmt: skip
    return await gateway.get(f"/v1/stream{query}", headers=upgrade | headers)


async def test_messages_go_both_ways(gateway: Gateway) -> None:
    async with connect(gateway) as socket:
        await socket.send_str("grüße")
        assert await socket.receive_str() == "grüße"
        await socket.send_bytes(b"\x00\x01")
        assert await socket.receive_bytes() == b"\x00\x01"


async def test_the_ticket_arrives_and_identity_from_outside_does_not(gateway: Gateway, notifier: Notifier) -> None:
    forged = {"X-User-Id": "evil", "X-Forwarded-For": "6.6.6.6", "Origin": "https://app.example"}
    async with connect(gateway, "?ticket=abc&cursor=7", headers=forged):
        headers = notifier.headers[-1]
    assert notifier.targets[-1] == "/v1/stream?ticket=abc&cursor=7"
    assert "x-user-id" not in headers
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-host"] == f"127.0.0.1:{gateway.port}"
    assert headers["origin"] == "https://app.example"
    assert len(headers["traceparent"]) == 55


async def test_a_subprotocol_is_agreed(gateway: Gateway) -> None:
    async with connect(gateway, protocols=("v2", "v1")) as socket:
        assert socket.protocol == "v1"


async def test_the_services_close_code_reaches_the_client(gateway: Gateway) -> None:
    async with connect(gateway, "?do=close") as socket:
        message: WSMessage = await socket.receive()
        assert (message.type, message.data, message.extra) == (WSMsgType.CLOSE, 4003, "removed")


async def test_the_clients_close_code_reaches_the_service(gateway: Gateway, notifier: Notifier) -> None:
    notifier.codes.clear()
    async with connect(gateway) as socket:
        await socket.close(code=4001)
    await wait_until(lambda: notifier.codes == [4001], timeout=5)


async def test_a_service_that_dies_is_a_restart(gateway: Gateway) -> None:
    async with connect(gateway, "?do=die") as socket:
        assert (await socket.receive()).data == 1012


async def test_a_client_that_vanishes_frees_the_service(gateway: Gateway, notifier: Notifier) -> None:
    await wait_until(lambda: notifier.open == 0, timeout=5)
    socket = await connect(gateway)
    await wait_until(lambda: notifier.open == 1, timeout=5)
    socket._response.connection.transport.abort()
    await wait_until(lambda: notifier.open == 0, timeout=5)


async def test_a_client_that_does_not_read_slows_the_service_and_is_cut_off(
    gateway: Gateway, notifier: Notifier
) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", gateway.port, limit=1024)
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    writer.write(
        b"GET /v1/stream?do=flood HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    await wait_until(lambda: notifier.sent > 0, timeout=5)
    await wait_until(lambda: notifier.open == 0, timeout=10)
    assert notifier.sent < 20_000_000
    writer.close()


async def test_a_message_that_is_too_large_ends_the_socket(gateway: Gateway) -> None:
    async with connect(gateway) as socket:
        await socket.send_str("x" * 20_000)
        assert (await socket.receive()).data == 1009


class TestRefusals:
    async def test_the_services_own_refusal_passes(self, gateway: Gateway) -> None:
        answer = await refusal(gateway, "?do=refuse")
        assert (answer.status, answer.code) == (401, "ticket_invalid")

    async def test_an_unexplained_refusal_leaks_nothing(self, gateway: Gateway) -> None:
        answer = await refusal(gateway, "?do=fail")
        assert (answer.status, answer.code) == (500, "service_error")
        assert b"secret" not in answer.body

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
    async def test_a_foreign_page(self, gateway: Gateway, origin: str) -> None:
        answer = await refusal(gateway, Origin=origin)
        assert (answer.status, answer.code) == (403, "origin_not_allowed")

    async def test_our_own_page_is_welcome(self, gateway: Gateway) -> None:
        async with connect(gateway, headers={"Origin": gateway.url}) as socket:
            await socket.send_str("hello")

    async def test_without_an_upgrade(self, gateway: Gateway) -> None:
        answer = await gateway.get("/v1/stream")
        assert (answer.status, answer.code) == (426, "upgrade_required")

    async def test_a_bad_token(self, gateway: Gateway) -> None:
        answer = await refusal(gateway, Authorization="Bearer nonsense")
        assert (answer.status, answer.code) == (401, "token_invalid")

    async def test_no_more_than_so_many_of_one_address(self, gateway: Gateway, notifier: Notifier) -> None:
        await wait_until(lambda: notifier.open == 0, timeout=5)
        sockets = [await connect(gateway) for _ in range(5)]
        answer = await refusal(gateway)
        assert (answer.status, answer.code) == (429, "too_many_streams")
        for socket in sockets:
            await socket.close()
        await wait_until(lambda: notifier.open == 0, timeout=5)
        await (await connect(gateway)).close()

    async def test_no_more_than_so_many_of_one_user(self, gateway: Gateway, teams: Teams) -> None:
        headers = {"Authorization": f"Bearer {teams.token()}"}
        sockets = [await connect(gateway, headers=headers) for _ in range(2)]
        with pytest.raises(WSServerHandshakeError) as refused:
            await connect(gateway, headers=headers)
        assert refused.value.status == 429
        for socket in sockets:
            await socket.close()

    async def test_a_service_that_is_down(self, start_gateway: Callable[..., Awaitable[Gateway]]) -> None:
        gateway = await start_gateway({"notifier": ("http://127.0.0.1:1", DOCUMENT)})
        answer = await refusal(gateway)
        assert (answer.status, answer.code) == (503, "service_unavailable")


async def test_the_ticket_is_in_no_log(gateway: Gateway, caplog: pytest.LogCaptureFixture, capsys: Any) -> None:
    with caplog.at_level(logging.DEBUG):
        async with connect(gateway, "?ticket=very-secret-ticket") as socket:
            await socket.send_str("hello")
            await socket.receive_str()
        await refusal(gateway, "?ticket=very-secret-ticket&do=fail")
    ours = [record for record in caplog.records if record.name.startswith(("gateway", "chassis", "websockets"))]
    assert not any("very-secret-ticket" in record.getMessage() for record in ours)
    assert "very-secret-ticket" not in capsys.readouterr().out


async def test_at_the_end_clients_are_told_to_come_back(
    serve_app: ServeApp, start_gateway: Callable[..., Awaitable[Gateway]], notifier: Notifier
) -> None:
    url = await serve_app(notifier.application())
    gateway = await start_gateway({"notifier": (url, DOCUMENT)})
    async with connect(gateway) as socket:
        await socket.send_str("hello")
        await socket.receive_str()
        ending = asyncio.create_task(gateway.runner.cleanup())
        assert (await socket.receive()).data == 1012
        await asyncio.wait_for(ending, 5)
