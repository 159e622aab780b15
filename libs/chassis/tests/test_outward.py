"""Calls to addresses that customers name stay outside of our own network, and end."""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from chassis.outward import Outward, OutwardFailed, is_public
from chassis.testing import serving


class Saying(AbstractResolver):
    """Resolves every name to what a test says, one answer after the other: a DNS that an attacker runs."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        address = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family or socket.AF_INET, proto=0, flags=0)
        ]

    async def close(self) -> None: ...


async def _soon(request: web.Request) -> web.Response:
    answers = {
        "fine": web.json_response({"a": 1}),
        "away": web.Response(status=302, headers={"Location": "/fine"}),
        "list": web.json_response([1]),
    }
    return answers[request.match_info["what"]]


async def _slow(_: web.Request) -> web.Response:
    await asyncio.Event().wait()
    return web.Response()


async def _endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x" * 65536)


@pytest.fixture(scope="module")
async def url() -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/slow", _slow)
    app.router.add_get("/endless", _endless)
    app.router.add_get("/{what:fine|away|list}", _soon)
    async with serving(app) as address:
        yield address


async def refusal(url: str, **options: Any) -> str:
    client = Outward.open(**({"private": True, "plain": True, "seconds": 20} | options))
    try:
        with pytest.raises(OutwardFailed) as refused:
            (await client.fetch("GET", url)).json()
        return refused.value.code
    finally:
        await client.close()


async def test_what_ends_without_an_answer(url) -> None:
    assert await refusal(f"{url}/slow", seconds=0.3) == "slow"
    assert await refusal(f"{url}/endless") == "too_large"
    assert await refusal(f"{url}/away") == "redirected"
    assert await refusal(f"{url}/list") == "garbage"
    assert await refusal("http://127.0.0.1:1/") == "unreachable"


async def test_an_answer(url) -> None:
    client = Outward.open(private=True, plain=True)
    try:
        assert (await client.fetch("GET", f"{url}/fine")).json() == {"a": 1}
    finally:
        await client.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433", "127.1"])
async def test_this_machine_is_refused_however_it_is_written(url, host) -> None:
    port = url.rpartition(":")[2]
    assert await refusal(f"http://{host}:{port}/fine", private=False) in ("address_refused", "unreachable")


async def test_a_name_that_leads_inside_is_refused_also_when_it_changes_its_mind(url) -> None:
    port = url.rpartition(":")[2]
    for address in ("127.0.0.1", "10.0.0.1", "169.254.169.254"):
        assert (
            await refusal(f"http://fine.example:{port}/", private=False, resolver=Saying(address)) == "address_refused"
        )
    changing = Saying("192.0.2.1", "127.0.0.1")
    assert await refusal(f"http://fine.example:{port}/", private=False, resolver=changing, seconds=2) != "garbage"
    assert await refusal(f"http://fine.example:{port}/", private=False, resolver=changing) == "address_refused"


@pytest.mark.parametrize(
    "bad", ["http://a.example", "https://u:p@a.example", "https:///x", "file:///etc/passwd", "x", ""]
)
async def test_addresses_we_would_not_call(bad) -> None:
    assert await refusal(bad, plain=False) == "url_refused"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "::1", "::", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1",
    ],
)  # fmt: skip
def test_what_is_not_public(address) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808"])
def test_what_is_public(address) -> None:
    assert is_public(ipaddress.ip_address(address))
