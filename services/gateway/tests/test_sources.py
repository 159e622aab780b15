"""Behind a proxy of ours its word counts; a stranger's never does."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from .parts import Gateway, document, operation

StartGateway = Callable[..., Awaitable[Gateway]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def echo(serve_app: Callable[[web.Application], Awaitable[str]]) -> tuple[str, dict[str, Any]]:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({name.lower(): value for name, value in request.headers.items()})

    app = web.Application()
    app.router.add_route("*", "/v1/echo", answer)
    return await serve_app(app), document({"/v1/echo": {"get": operation(), "post": operation()}})


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def behind_a_proxy(start_gateway: StartGateway, echo: Any) -> Gateway:
    return await start_gateway(
        {"echo": echo}, trusted_proxies=["127.0.0.0/8", "10.0.0.0/8"], allowed_origins=["https://other.example"]
    )


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("6.6.6.6, 203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, 10.1.2.3", "203.0.113.7"),
        ("6.6.6.6, nonsense", "127.0.0.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("", "127.0.0.1"),
    ],
)
async def test_the_nearest_stranger_is_the_client(behind_a_proxy: Gateway, forwarded: str, client: str) -> None:
    answer = await behind_a_proxy.get("/v1/echo", headers={"X-Forwarded-For": forwarded})
    assert answer.json["x-forwarded-for"] == client


async def test_https_at_the_proxy_is_https(behind_a_proxy: Gateway) -> None:
    headers = {"X-Forwarded-Proto": "https", "Host": "app.example", "Origin": "https://app.example"}
    answer = await behind_a_proxy.ask("POST", "/v1/echo", headers=headers)
    assert answer.status == 200
    assert answer.json["x-forwarded-proto"] == "https"
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"


async def test_an_odd_scheme_is_not_believed(behind_a_proxy: Gateway) -> None:
    answer = await behind_a_proxy.get("/v1/echo", headers={"X-Forwarded-Proto": "javascript"})
    assert answer.json["x-forwarded-proto"] == "http"


async def test_caches_learn_of_every_difference(behind_a_proxy: Gateway) -> None:
    answer = await behind_a_proxy.get("/openapi.json")
    assert set(answer.headers.getall("Vary")) == {"Accept-Encoding", "Origin"}
