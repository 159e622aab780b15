"""What tests of the gateway are made of: a gateway and a teams to talk to, documents, answers."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiohttp import ClientSession, web
from yarl import URL

from chassis.internal import InternalVerifier
from chassis.keys import SigningKey, jwks
from chassis.tokens import sign
from contracts.tokens import ISSUER, AccessClaims

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
SECURITY = [{"bearer": []}]


@dataclass
class Answer:
    """A response read to its end."""

    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        assert self.headers["Content-Type"].startswith("application/problem+json"), self.body
        return str(self.json["code"])


@dataclass
class Gateway:
    """A running gateway and ways to talk to it."""

    port: int
    session: ClientSession
    runner: web.AppRunner

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def ask(self, method: str, path: str, **options: Any) -> Answer:
        async with self.session.request(
            method, URL(self.url + path, encoded=True), allow_redirects=False, **options
        ) as response:
            return Answer(response.status, response.headers, await response.read())

    async def get(self, path: str, **options: Any) -> Answer:
        return await self.ask("GET", path, **options)

    async def raw(self, *pieces: bytes, seconds: float = 10) -> bytes:
        """Send bytes as they are; everything the gateway says until it closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            async with asyncio.timeout(seconds):
                return await reader.read()
        finally:
            writer.close()


@dataclass
class Teams:
    """As much of teams as a gateway needs: keys, revocations, the question whether a token holds."""

    key: SigningKey
    gateway_key: SigningKey
    url: str = ""
    inactive: set[str] = field(default_factory=set)
    revoked: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0
    keys: dict[str, str] = field(default_factory=dict)
    """By the hash of an API key: the token it is exchanged for."""
    exchanged: int = 0
    away: bool = False
    """Whether keys cannot be exchanged right now."""

    def token(self, **changes: Any) -> str:
        now = time.time()
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": "customer",
            "sub": uuid4(),
            "sid": uuid4(),
            "org": uuid4(),
            "role": "owner",
            "iat": now,
            "exp": int(now) + 600,
            "jti": uuid4(),
        } | changes
        return sign(changes.pop("key", self.key), AccessClaims.model_construct(**claims))

    def application(self) -> web.Application:
        verifier = InternalVerifier({"gateway": self.gateway_key.public_text}, "teams")

        def admit(request: web.Request) -> None:
            verifier.verify(request.headers["Authorization"].removeprefix("Bearer "))

        async def keys(_: web.Request) -> web.Response:
            return web.json_response(jwks([self.key]))

        async def revocations(request: web.Request) -> web.Response:
            admit(request)
            return web.json_response({"items": self.revoked})

        async def check(request: web.Request) -> web.Response:
            admit(request)
            self.asked += 1
            return web.json_response({"active": (await request.json())["token"] not in self.inactive})

        async def exchange(request: web.Request) -> web.Response:
            admit(request)
            self.exchanged += 1
            if self.away:
                return web.Response(status=503)
            token = self.keys.get((await request.json())["hash"])
            ends = None if token is None else "2100-01-01T00:00:00Z"
            return web.json_response({"access_token": token, "expires_at": ends})

        app = web.Application()
        app.router.add_post("/internal/v1/api-keys/exchange", exchange)
        app.router.add_get("/.well-known/jwks.json", keys)
        app.router.add_get("/internal/v1/revocations", revocations)
        app.router.add_post("/internal/v1/tokens/check", check)
        app.router.add_get("/health/live", keys)
        return app


def operation(*, token: bool = False, **extra: Any) -> dict[str, Any]:
    """The least that an operation of a document needs."""
    security = {"security": SECURITY} if token else {}
    return {"responses": {"200": {"description": "done"}}, **security, **extra}


def document(paths: dict[str, Any], **components: Any) -> dict[str, Any]:
    """An OpenAPI 3.1 document over some paths."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "a service", "version": "1"},
        "paths": paths,
        "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}, **components},
    }


async def eventually(condition: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    """Return once what has to be asked for holds. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
