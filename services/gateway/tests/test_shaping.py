"""Answers as the client wants them: smaller where it can, empty where it has them; secrets as they are."""

import gzip
import json
from collections.abc import Awaitable, Callable
from typing import Any

import brotli
import pytest
import pytest_asyncio
from aiohttp import web

from gateway.shaping import coding_for

from .parts import Answer, Gateway, document, operation

LARGE = {"items": ["an entry like all the others"] * 200}


def shapes() -> web.Application:
    async def large(_: web.Request) -> web.Response:
        return web.json_response(LARGE)

    async def small(_: web.Request) -> web.Response:
        return web.json_response({})

    async def versioned(_: web.Request) -> web.Response:
        return web.json_response(LARGE, headers={"ETag": '"7"'})

    async def packed(_: web.Request) -> web.Response:
        headers = {"Content-Encoding": "gzip", "Content-Type": "text/csv"}
        return web.Response(body=gzip.compress(b"x" * 5000), headers=headers)

    async def picture(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * 5000, content_type="image/png")

    async def cookie(_: web.Request) -> web.Response:
        return web.json_response(LARGE, headers={"Set-Cookie": "refresh=secret"})

    async def export(_: web.Request) -> web.StreamResponse:
        return web.Response(body=b"a,b\n" * 50_000, content_type="text/csv")

    app = web.Application()
    for name, handler in {
        "large": large, "small": small, "versioned": versioned, "packed": packed, "picture": picture, "cookie": cookie,
        "export": export,
    }.items():  # fmt: skip
        app.router.add_route("*", f"/v1/{name}", handler)
    return app


NAMES = ("large", "small", "versioned", "packed", "picture", "cookie", "export")
SHAPES = document({f"/v1/{name}": {"get": operation(), "post": operation()} for name in NAMES})


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gateway(
    serve_app: Callable[[web.Application], Awaitable[str]], start_gateway: Callable[..., Awaitable[Gateway]]
) -> Gateway:
    return await start_gateway({"shapes": (await serve_app(shapes()), SHAPES)})


@pytest.fixture
def ask(gateway: Gateway) -> Callable[..., Awaitable[Answer]]:
    """The answer as it came over the wire."""

    async def get(name: str, accepted: str = "gzip, br", method: str = "GET", **headers: Any) -> Answer:
        sent = {"Accept-Encoding": accepted} | {key.replace("_", "-"): value for key, value in headers.items()}
        raw = "".join(f"{key}: {value}\r\n" for key, value in sent.items())
        request = f"{method} /v1/{name} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{raw}\r\n"
        head, _, body = (await gateway.raw(request.encode())).partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        return Answer(int(status.split()[1]), dict(line.split(": ", 1) for line in lines), body)

    return get


@pytest.mark.parametrize(("accepted", "unpack"), [("gzip", gzip.decompress), ("br;q=1, gzip;q=0.5", brotli.decompress)])
async def test_a_large_text_is_compressed_for_who_can_read_it(ask, accepted: str, unpack) -> None:
    answer = await ask("large", accepted)
    assert answer.headers["Content-Encoding"] == accepted[:4].strip(";q=1")
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert len(answer.body) == int(answer.headers["Content-Length"]) < 1000
    assert json.loads(unpack(answer.body)) == LARGE


@pytest.mark.parametrize(
    ("name", "method", "accepted"),
    [
        ("large", "GET", ""),
        ("large", "GET", "identity"),
        ("large", "GET", "gzip;q=0, br;q=0"),
        ("large", "POST", "gzip"),
        ("cookie", "GET", "gzip"),
        ("versioned", "GET", "gzip"),
        ("small", "GET", "gzip"),
        ("picture", "GET", "gzip"),
    ],
)
async def test_what_is_small_packed_secret_or_unwanted_stays_as_it_is(ask, name, method, accepted) -> None:
    assert "Content-Encoding" not in (await ask(name, accepted, method)).headers


async def test_what_is_compressed_is_not_compressed_again(ask) -> None:
    answer = await ask("packed", "br")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.body) == b"x" * 5000


async def test_a_long_text_is_compressed_as_it_passes(gateway: Gateway) -> None:
    answer = await gateway.get("/v1/export", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.body == b"a,b\n" * 50_000


@pytest.mark.parametrize("name", ["large", "small", "picture", "versioned"])
async def test_who_has_it_gets_it_not_again(ask, name: str) -> None:
    first = await ask(name)
    tag = first.headers["ETag"]
    again = await ask(name, If_None_Match=f'"else", {tag}')
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
    assert (await ask(name, If_None_Match='"else"')).body == first.body
    assert (await ask(name, method="POST", If_None_Match=tag)).status == 200


def test_the_tag_of_a_service_is_kept_for_if_match() -> None:
    assert coding_for("*") == "br"
    assert coding_for("gzip;q=1.0, br;q=0.1") == "gzip"
    assert coding_for("br;q=nonsense") is None


async def test_json_that_nests_too_deep_is_refused(gateway: Gateway) -> None:
    for body, status in ((b"[" * 65 + b"]" * 65, 400), (b"[" * 64 + b"]" * 64, 200)):
        answer = await gateway.ask("POST", "/v1/small", data=body, headers={"Content-Type": "application/json"})
        assert answer.status == status
        assert status == 200 or answer.code == "json_too_deep"
