"""The first page in one request: all parts, or those that come."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from .parts import Gateway, Teams, document, operation
from .scripted import Scripted

ServeApp = Callable[[web.Application], Awaitable[str]]
SEEN: dict[str, Any] = {}
SCHEMA = {"type": "object", "properties": {"unread_count": {"type": "integer"}}}


def part(path: str, **extra: Any) -> dict[str, Any]:
    responses = {"200": {"description": "OK", "content": {"application/json": {"schema": SCHEMA}}}}
    return document({path: {"get": operation(token=True, responses=responses, **extra)}})


def service(path: str, body: Any, status: int = 200) -> web.Application:
    async def answer(request: web.Request) -> web.Response:
        SEEN[path] = request.headers.copy()
        kind = "application/json" if status == 200 else "application/problem+json"
        return web.json_response(body, status=status, content_type=kind)

    app = web.Application()
    app.router.add_get(path, answer)
    return app


@pytest.fixture
def start(serve_app: ServeApp, serve_bytes, start_gateway) -> Callable[..., Awaitable[Gateway]]:
    async def run(*, overview: str = "", **settings: Any) -> Gateway:
        denied = {"code": "permission_denied", "status": 403}
        return await start_gateway(
            {
                "me": (await serve_app(service("/v1/me", {"user": {"name": "Ada"}})), part("/v1/me")),
                "notifier": (
                    await serve_app(service("/v1/notifications/unread-count", {"unread_count": 3})),
                    part("/v1/notifications/unread-count"),
                ),
                "billing": (
                    await serve_app(service("/v1/billing/subscription", denied, 403)),
                    part("/v1/billing/subscription"),
                ),
                "analytics": (overview or "http://127.0.0.1:1", part("/v1/analytics/overview")),
            },
            **settings,
        )

    return run


async def test_what_is_there_and_what_is_not(start, teams: Teams) -> None:
    gateway = await start()
    token = {
        "Authorization": f"Bearer {teams.token()}",
        "X-Request-Id": "a-request-of-ours",
        "Cookie": "a=b",
    }
    answer = await gateway.get("/v1/home", headers=token)
    assert answer.status == 200
    assert answer.json == {
        "me": {"user": {"name": "Ada"}},
        "members": None,
        "notifications": {"unread_count": 3},
        "subscription": None,
        "overview": None,
        "gaps": [
            {"part": "members", "status": 404, "code": "not_found"},
            {"part": "subscription", "status": 403, "code": "permission_denied"},
            {"part": "overview", "status": 503, "code": "service_unavailable"},
        ],
    }
    sent = SEEN["/v1/me"]
    assert sent["Authorization"] == token["Authorization"]
    assert sent["X-Request-Id"] == "a-request-of-ours"
    assert sent["X-Request-Deadline-Ms"] == "2000"
    assert "Cookie" not in sent


async def test_a_slow_part_is_not_waited_for(start, serve_bytes, teams: Teams) -> None:
    gateway = await start(overview=await serve_bytes(Scripted("hang")), home_seconds=0.2)
    started = asyncio.get_running_loop().time()
    answer = await gateway.get("/v1/home", headers={"Authorization": f"Bearer {teams.token()}"})
    assert asyncio.get_running_loop().time() - started < 2
    assert {"part": "overview", "status": 504, "code": "service_timeout"} in answer.json["gaps"]
    assert answer.json["notifications"] == {"unread_count": 3}


async def test_it_is_counted_as_one_request_and_needs_a_token(start, teams: Teams) -> None:
    gateway = await start()
    assert (await gateway.get("/v1/home")).code == "authentication_required"
    token = {"Authorization": f"Bearer {teams.token(quota=100)}"}
    assert '"organization";r=99;' in (await gateway.get("/v1/home", headers=token)).headers["RateLimit"]
    assert (await gateway.ask("POST", "/v1/home", headers=token)).status == 405
    assert (await gateway.ask("OPTIONS", "/v1/home")).headers["Allow"] == "GET, HEAD, OPTIONS"


async def test_the_document_describes_it_by_the_services_own_words(start) -> None:
    described = (await (await start()).get("/openapi.json")).json
    schema = described["components"]["schemas"]["Home"]
    assert schema["properties"]["notifications"]["anyOf"][0] == SCHEMA
    assert described["paths"]["/v1/home"]["get"]["security"] == [{"bearer": []}]
