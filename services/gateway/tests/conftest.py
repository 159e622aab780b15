"""Real servers behind and in front of a real gateway; nothing of ours is replaced."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, web

from chassis.keys import SigningKey
from chassis.server import listen, stop_listening
from gateway.app import serve
from gateway.settings import GatewaySettings

from .echo import ECHO, echo_service
from .parts import Gateway, Script, Teams, document, operation

NOWHERE = "amqp://guest:guest@127.0.0.1:1/"
NO_REDIS = "redis://127.0.0.1:1/0"


@pytest.fixture(scope="session")
def make_operation() -> Callable[..., dict[str, Any]]:
    return operation


@pytest.fixture(scope="session")
def make_document() -> Callable[..., dict[str, Any]]:
    return document


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stack() -> AsyncIterator[AsyncExitStack]:
    """Everything a module opens; closed in reverse order."""
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture(scope="module")
def serve_app(stack: AsyncExitStack) -> Callable[[web.Application], Awaitable[str]]:
    """Start an aiohttp application; returns its URL."""

    async def start(app: web.Application) -> str:
        runner = web.AppRunner(app, shutdown_timeout=0.1, auto_decompress=False)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    return start


@pytest.fixture(scope="module")
def serve_bytes(stack: AsyncExitStack) -> Callable[[Script], Awaitable[str]]:
    """Start a server that answers each connection by a script of bytes; returns its URL."""

    async def start(script: Script) -> str:
        playing: set[asyncio.Task[None]] = set()

        async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await script(reader, writer)
            writer.close()

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(play(reader, writer))
            playing.add(task)
            task.add_done_callback(playing.discard)

        async def stop() -> None:
            server.close()
            for task in list(playing):
                task.cancel()
            await asyncio.gather(*playing, return_exceptions=True)

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        stack.push_async_callback(stop)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    return start


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def teams(serve_app: Callable[[web.Application], Awaitable[str]]) -> Teams:
    stub = Teams(SigningKey.generate(), SigningKey.generate())
    stub.url = await serve_app(stub.application())
    return stub


@pytest.fixture(scope="module")
def start_gateway(
    stack: AsyncExitStack, teams: Teams, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Awaitable[Gateway]]:
    """`start_gateway({"name": (url, document)}, **settings)`."""

    async def start(services: dict[str, tuple[str, dict[str, Any]]], **settings: Any) -> Gateway:
        directory: Path = tmp_path_factory.mktemp("openapi")
        for name, (_, described) in services.items():
            (directory / f"{name}.json").write_text(json.dumps(described))
        values = {
            "http_port": 0,
            "services": {name: url for name, (url, _) in services.items()},
            "openapi_directory": directory,
            "web_directory": directory,
            "rabbitmq_url": NOWHERE,
            "redis_url": NO_REDIS,
            "teams_url": teams.url,
            "internal_signing_key": teams.gateway_key.private_text,
            **settings,
        }
        app = await serve(GatewaySettings(**values), stack)
        runner, port = await listen(app, "127.0.0.1", 0, shutdown_seconds=1, setting="HTTP_PORT")
        stack.push_async_callback(stop_listening, runner)
        session = ClientSession(
            timeout=ClientTimeout(total=30), cookie_jar=DummyCookieJar(), skip_auto_headers=("User-Agent", "Accept")
        )
        await stack.enter_async_context(session)
        return Gateway(port, session, runner)

    return start


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def echo(
    serve_app: Callable[[web.Application], Awaitable[str]], start_gateway: Callable[..., Awaitable[Gateway]]
) -> Gateway:
    """A gateway with small limits in front of the echo service."""
    url = await serve_app(echo_service())
    return await start_gateway(
        {"echo": (url, ECHO)}, max_body_bytes=100_000, upload_idle_seconds=0.3, allowed_origins=["https://app.example"]
    )
