"""`python -m gateway serve` as two workers on one port: what one refuses, the other refuses too."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import aio_pika
import aiohttp
import pytest_asyncio
from aiohttp import web

from chassis.outbox import EVENTS_EXCHANGE
from chassis.testing import eventually
from chassis.topology import Topology, apply
from contracts.envelope import CONTENT_TYPE, Envelope
from contracts.teams import SessionRevokedV1
from local_stack.engines import Engines
from local_stack.ports import free_port

from .parts import Teams, document, operation

CALLS = 24
"""Each on a new connection: that all of them meet the same of two workers happens once in eight million."""
MINE = document({"/v1/mine": {"get": operation(token=True)}})


class Workers:
    """The port that both answer on, and their private ones."""

    def __init__(self, port: int, private: list[int]) -> None:
        self.url = f"http://127.0.0.1:{port}/v1/mine"
        self._private = [f"http://127.0.0.1:{each}/metrics" for each in private]

    async def ask(self, token: str, times: int = CALLS) -> list[str]:
        """What each said: "ok", or the code of its problem."""
        async with new_connections() as http:
            return await asyncio.gather(*(self._ask(http, token) for _ in range(times)))

    async def _ask(self, http: aiohttp.ClientSession, token: str) -> str:
        async with http.get(self.url, headers={"Authorization": f"Bearer {token}"}) as answer:
            return "ok" if answer.status == 200 else str(json.loads(await answer.read())["code"])

    async def counted(self) -> list[float]:
        """How many requests each has answered."""
        async with new_connections() as http:
            return [await self._count(http, url) for url in self._private]

    async def _count(self, http: aiohttp.ClientSession, url: str) -> float:
        async with http.get(url) as answer:
            lines = (await answer.text()).splitlines()
        name = "http_request_duration_seconds_count"
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name) and "/v1/mine" in line)

    async def ready(self) -> bool:
        """Whether both answer, and hear the bus."""
        with suppress(aiohttp.ClientConnectorError):
            async with new_connections() as http:
                for url in self._private:
                    async with http.get(url.replace("/metrics", "/health/ready")) as answer:
                        parts = (await answer.json())["parts"]
                        if answer.status != 200 or parts["revocations"] != "ok":
                            return False
                return True
        return False


def new_connections() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))


def settings_of(port: int, private: int, documents: Path) -> dict[str, str]:
    """Those of the two workers that are not addresses of others."""
    return {
        "HTTP_WORKERS": "2",
        "HTTP_PORT": str(port),
        "METRICS_PORT": str(private),
        "OPENAPI_DIRECTORY": str(documents),
        "LOG_LEVEL": "warning",
    }


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def workers(
    serve_app: Callable[[web.Application], Awaitable[str]],
    teams: Teams,
    broker: Any,
    engines: Engines,
    tmp_path_factory: Any,
) -> AsyncIterator[Workers]:
    await apply(Topology("teams"), bus_url=broker.url, management_url=broker.management_url)

    async def mine(_: web.Request) -> web.Response:
        return web.json_response({})

    app = web.Application()
    app.router.add_get("/v1/mine", mine)
    directory: Path = tmp_path_factory.mktemp("openapi")
    (directory / "mine.json").write_text(json.dumps(MINE))
    private = free_port(row=3)
    port = free_port({private, private + 1, private + 2})
    settings = {
        **settings_of(port, private, directory),
        "SERVICES": json.dumps({"mine": await serve_app(app)}),
        "TEAMS_URL": teams.url,
        "RABBITMQ_URL": broker.url,
        "REDIS_URL": engines.redis_url,
        "INTERNAL_SIGNING_KEY": teams.gateway_key.private_text,
    }
    command = (sys.executable, "-m", "gateway", "serve")
    process = await asyncio.create_subprocess_exec(*command, env={"PATH": os.environ["PATH"], **settings})
    running = Workers(port, [private + 1, private + 2])
    try:
        await eventually(running.ready, timeout=60)
        yield running
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 30) == 0
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def test_a_session_that_ended_is_refused_by_both(workers: Workers, teams: Teams, broker: Any) -> None:
    session = uuid4()
    token, other = teams.token(sid=session, quota=10_000), teams.token(quota=10_000)
    before = await workers.counted()
    assert set(await workers.ask(token)) == {"ok"}
    assert all(now > then for now, then in zip(await workers.counted(), before, strict=True)), "both were asked"
    await revoke(broker.url, session)

    async def refused() -> bool:
        return set(await workers.ask(token)) == {"token_revoked"}

    await eventually(refused)
    assert set(await workers.ask(other)) == {"ok"}


async def test_both_count_on_the_same_limit(workers: Workers, teams: Teams) -> None:
    before = await workers.counted()
    answers = await workers.ask(teams.token(quota=2))
    assert sorted(answers) == ["ok"] * 2 + ["rate_limited"] * (CALLS - 2)
    assert all(now > then for now, then in zip(await workers.counted(), before, strict=True)), "both were asked"


async def revoke(bus_url: str, session: Any) -> None:
    event = SessionRevokedV1(session_id=session, user_id=uuid4(), revoked_at=datetime.now(UTC), reason="logout")
    envelope = Envelope.around(
        event, id=uuid4(), source="teams", time=datetime.now(UTC), sequence=1, actor="system:teams", correlationid="t"
    )
    connection = await aio_pika.connect(bus_url)
    async with connection, connection.channel() as channel:
        exchange = await channel.get_exchange(EVENTS_EXCHANGE)
        message = aio_pika.Message(
            envelope.to_json(), content_type=CONTENT_TYPE, message_id=str(envelope.id), type=event.type
        )
        await exchange.publish(message, event.type)
