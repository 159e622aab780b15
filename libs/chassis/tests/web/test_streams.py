"""Answers that are streams or sockets, and the end of a server that is asked to stop."""

import asyncio
from collections.abc import AsyncIterator
from enum import StrEnum

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from pydantic import BaseModel

from chassis.health import HEALTH
from chassis.problems import Conflict
from chassis.server import listen, stop_listening
from chassis.settings import ServiceSettings
from chassis.testing import serving, wait_until
from chassis.web import Access, Listing, Reply, Routes, create_app, openapi_document


class Order(StrEnum):
    """What a list may be sorted by."""

    NEWEST = "newest"
    OLDEST = "oldest"


class Sorted(Listing):
    order: Order = Order.NEWEST


class Word(BaseModel):
    word: str


class Gate:
    """Lets a test hold a handler."""

    def __init__(self) -> None:
        self.entered, self.open = asyncio.Event(), asyncio.Event()


routes = Routes("streams")


@routes.get("/broken", access=Access.PUBLIC, summary="Break off")
async def break_off(request: web.Request) -> web.StreamResponse:
    stream = web.StreamResponse()
    await stream.prepare(request)
    await stream.write(b"half")
    raise Conflict("too_late", "Half of it is out.")


@routes.get("/socket", access=Access.PUBLIC, summary="Echo")
async def echo_socket(request: web.Request) -> web.StreamResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            await socket.send_str(message.data)
    return socket


@routes.get("/held", access=Access.PUBLIC, summary="Wait")
async def wait_here(gate: Gate) -> Word:
    gate.entered.set()
    await gate.open.wait()
    return Word(word="done")


@routes.get("/sorted", access=Access.PUBLIC, summary="Sort")
async def sort_words(query: Sorted) -> Reply[Word]:
    """Say how they are sorted.

    In two paragraphs.
    """
    return Reply(Word(word=query.order), status=203, headers={"Cache-Control": "max-age=60"})


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def app(gate: Gate) -> web.Application:
    return create_app(ServiceSettings(), [routes], service="streams", provide={Gate: gate})


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_half_an_answer_is_no_whole_one(app: web.Application, http: aiohttp.ClientSession) -> None:
    async with serving(app) as url, http.get(f"{url}/broken") as answer:
        assert answer.status == 200
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


async def test_a_socket_carries_the_request_id(app: web.Application, http: aiohttp.ClientSession) -> None:
    async with serving(app) as url, http.ws_connect(f"{url}/socket", headers={"X-Request-Id": "socket-01"}) as socket:
        assert socket._response.headers["X-Request-Id"] == "socket-01"
        await socket.send_str("hello")
        assert await socket.receive_str(timeout=5) == "hello"


async def test_a_plain_request_for_a_socket_is_a_problem(app: web.Application, http: aiohttp.ClientSession) -> None:
    async with serving(app) as url, http.get(f"{url}/socket") as answer:
        assert answer.status == 400
        assert answer.content_type == "application/problem+json"


async def test_the_last_answer_closes_its_connection(
    app: web.Application, gate: Gate, http: aiohttp.ClientSession
) -> None:
    runner, port = await listen(app, "127.0.0.1", 0, shutdown_seconds=5, setting="HTTP_PORT")
    asked = asyncio.create_task(http.get(f"http://127.0.0.1:{port}/held"))
    await gate.entered.wait()
    stopping = asyncio.create_task(stop_listening(runner))
    await wait_until(lambda: app[HEALTH].stopping)
    gate.open.set()
    answer = await asked
    assert (await answer.json(), answer.headers["Connection"]) == ({"word": "done"}, "close")
    await stopping


async def test_a_choice_is_allow_listed_and_documented(app: web.Application, http: aiohttp.ClientSession) -> None:
    async with serving(app) as url:
        async with http.get(f"{url}/sorted?order=oldest") as answer:
            assert (answer.status, await answer.json()) == (203, {"word": "oldest"})
            assert answer.headers["Cache-Control"] == "max-age=60"
        async with http.get(f"{url}/sorted?order=random") as answer:
            assert answer.status == 422
    operation = openapi_document("streams", [routes])["paths"]["/sorted"]["get"]
    (order,) = [one for one in operation["parameters"] if one["name"] == "order"]
    assert order["schema"]["enum"] == ["newest", "oldest"]
    assert operation["description"] == "Say how they are sorted. In two paragraphs."


def test_what_a_stream_holds_is_documented_by_its_kind() -> None:
    """JSON that is streamed is an object to whoever reads it, not a text with JSON in it."""
    streamed = Routes("streamed")

    @streamed.get("/all", access=Access.PUBLIC, summary="All", streams=["application/json", "text/csv", "image/webp"])
    async def everything(request: web.Request) -> web.StreamResponse:
        return web.StreamResponse()

    content = openapi_document("streamed", [streamed])["paths"]["/all"]["get"]["responses"]["200"]["content"]
    kinds = {media: (one["schema"]["type"], one["schema"].get("format")) for media, one in content.items()}
    assert kinds == {
        "application/json": ("object", None),
        "text/csv": ("string", None),
        "image/webp": ("string", "binary"),
    }
