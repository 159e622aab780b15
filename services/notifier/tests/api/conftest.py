"""Notifier's HTTP door on a real server, and the other end of its sockets."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import aiohttp
import pytest

from chassis.database import Database
from chassis.testing import TestIssuer, serving
from contracts.teams import MemberRemovedV1
from notifier.app import NAME, open_doors
from notifier.redis_gateway import RedisLive
from notifier.settings import Settings

HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


@dataclass
class Site:
    """Notifier's HTTP door, really listening."""

    url: str
    issuer: TestIssuer
    http: aiohttp.ClientSession
    settings: Settings

    def headers(self, person: Any, org_id: UUID | None, **about: Any) -> dict[str, str]:
        return self.issuer.headers(user_id=person.user_id, org_id=org_id, **about)

    async def call(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        async with self.http.request(method, self.url + path, **options) as answer:
            body = await answer.read()
            return answer.status, await answer.json(content_type=None) if body else None

    def stream(self, headers: dict[str, str] | None = None, **query: Any) -> Any:
        """A socket; use as `async with site.stream(...) as socket`."""
        return self.http.ws_connect(f"{self.url}/v1/stream", headers=headers, params=query, max_msg_size=0)

    async def frame(self, socket: Any, *types: str) -> dict[str, Any]:
        """The next frame, or the next of these types."""
        async with asyncio.timeout(10):
            while True:
                message = await socket.receive()
                assert message.type is aiohttp.WSMsgType.TEXT, message
                found: dict[str, Any] = json.loads(message.data)
                if not types or found["type"] in types:
                    return found

    async def closed(self, socket: Any) -> tuple[list[dict[str, Any]], int]:
        """Everything up to the end: the frames, and the close code."""
        async with asyncio.timeout(10):
            frames = [json.loads(message.data) async for message in socket]
        return frames, socket.close_code

    async def ticket(self, headers: dict[str, str]) -> str:
        status, body = await self.call("POST", "/v1/stream/ticket", headers=headers)
        assert status == 201
        assert body["expires_in"] == 30
        return str(body["ticket"])

    async def refusal(self, headers: dict[str, str] | None = None, **query: Any) -> tuple[int, str]:
        """What the door says to somebody it does not let in: status and code."""
        status, problem = await self.call("GET", "/v1/stream", headers=HANDSHAKE | (headers or {}), params=query)
        return status, problem["code"]

    def removal(self, tale: Any, member: Any, by: Any) -> MemberRemovedV1:
        """The member's removal, later than any token of theirs."""
        event = MemberRemovedV1.read(tale.removed(member, by=by).data)
        return event.model_copy(update={"removed_at": tale.now + timedelta(days=36500)})


@asynccontextmanager
async def open_site(settings: Settings, issuer: TestIssuer) -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        database = await Database.connect(settings.database_api_url.get_secret_value(), service=NAME)
        stack.push_async_callback(database.close)
        app = await open_doors(settings, stack, database, issuer.authenticator())
        unlimited = aiohttp.TCPConnector(limit=0)
        async with serving(app) as url, aiohttp.ClientSession(connector=unlimited) as http:
            yield Site(url, issuer, http, settings)


@pytest.fixture
def site_with() -> Any:
    return open_site


@pytest.fixture
async def site(settings: Callable[..., Settings]) -> AsyncIterator[Site]:
    async with open_site(settings(heartbeat_seconds=0.5), TestIssuer()) as opened:
        yield opened


@pytest.fixture
def live(redis):
    return RedisLive(redis)


@pytest.fixture
async def acme(story, person, deliver):
    ada = person("Ada")
    tale = story()
    tale.founded(ada)
    await deliver(*tale.events)
    return tale, ada
