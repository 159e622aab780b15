"""Services that are dead, hung, dying or talk nonsense: one clear problem each, and nobody else suffers."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from prometheus_client import generate_latest

from chassis.testing import wait_until

from .parts import Gateway, Script, eventually
from .scripted import Scripted, described

DEAD = "http://127.0.0.1:1"
ServeBytes = Callable[[Script], Awaitable[str]]
StartGateway = Callable[..., Awaitable[Gateway]]


@pytest.fixture
def behind(serve_bytes: ServeBytes, start_gateway: StartGateway) -> Callable[..., Awaitable[Gateway]]:
    """A gateway in front of scripted services by name; a service given as a string is an address."""

    async def start(services: dict[str, Scripted | str], **settings: Any) -> Gateway:
        known = {}
        for name, service in services.items():
            url = service if isinstance(service, str) else await serve_bytes(service)
            known[name] = (url, described(name))
        return await start_gateway(known, **{"service_seconds": 0.3, "breaker_failures": 1_000} | settings)

    return start


Behind = Callable[..., Awaitable[Gateway]]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_a_service_that_is_down(behind: Behind, method: str) -> None:
    gateway = await behind({"dead": DEAD})
    answer = await gateway.ask(method, "/v1/dead")
    assert (answer.status, answer.code) == (503, "service_unavailable")
    assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_service_that_hangs(behind: Behind, method: str) -> None:
    hung = Scripted("hang")
    gateway = await behind({"hung": hung})
    answer = await gateway.ask(method, "/v1/hung")
    assert (answer.status, answer.code) == (504, "service_timeout")
    assert hung.requests == 1


async def test_a_service_that_takes_no_body(behind: Behind) -> None:
    gateway = await behind({"hung": Scripted("hang")}, max_body_bytes=50_000_000)
    answer = await gateway.ask("POST", "/v1/hung", data=b"x" * 40_000_000)
    assert (answer.status, answer.code) == (504, "service_timeout")


@pytest.mark.parametrize("script", ["reset", "close", "garbage", "short"])
async def test_a_service_that_breaks_off(behind: Behind, script: str) -> None:
    gateway = await behind({"broken": Scripted(script)})
    for method in ("GET", "POST"):
        answer = await gateway.ask(method, "/v1/broken")
        assert (answer.status, answer.code) == (502, "service_failed")


@pytest.mark.parametrize("script", ["reset", "close", "garbage"])
async def test_a_safe_request_is_repeated_once(behind: Behind, script: str) -> None:
    service = Scripted(script, "ok")
    gateway = await behind({"flaky": service})
    assert (await gateway.get("/v1/flaky")).body == b"ok"
    assert service.requests == 2


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_a_write_is_never_repeated(behind: Behind, method: str) -> None:
    service = Scripted("reset", "ok")
    gateway = await behind({"flaky": service})
    assert (await gateway.ask(method, "/v1/flaky")).status == 502
    assert service.requests == 1


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_write_is_not_repeated_on_a_kept_connection_either(behind: Behind, method: str) -> None:
    service = Scripted("once", "ok")
    gateway = await behind({"flaky": service})
    assert (await gateway.get("/v1/flaky")).status == 200
    answer = await gateway.ask(method, "/v1/flaky")
    assert answer.status == 502
    assert service.requests == 2


async def test_a_kept_connection_that_broke_is_replaced(behind: Behind) -> None:
    service = Scripted("once", "ok")
    gateway = await behind({"flaky": service})
    for _ in range(3):
        assert (await gateway.get("/v1/flaky")).status == 200


async def test_a_service_without_an_address_is_unavailable(start_gateway: StartGateway) -> None:
    gateway = await start_gateway({"lost": (DEAD, described("lost"))})
    assert (await gateway.get("/v1/lost")).status == 503


async def test_the_breaker_spares_a_hung_service_and_finds_it_again(behind: Behind) -> None:
    service = Scripted("hang", "hang", "hang", "ok")
    gateway = await behind({"hung": service}, breaker_failures=3, breaker_seconds=0.2)
    for _ in range(3):
        assert (await gateway.get("/v1/hung")).status == 504
    started = time.monotonic()
    answer = await gateway.get("/v1/hung")
    assert (answer.status, answer.code) == (503, "service_unavailable")
    assert time.monotonic() - started < 0.15
    assert service.requests == 3

    async def well() -> bool:
        return (await gateway.get("/v1/hung")).status == 200

    await eventually(well)


async def test_a_hung_service_takes_no_other_route_down(behind: Behind) -> None:
    hung, well = Scripted("hang"), Scripted("ok")
    gateway = await behind({"hung": hung, "well": well, "dead": DEAD}, service_seconds=5, service_concurrency=20)
    stuck = [asyncio.create_task(gateway.get("/v1/hung")) for _ in range(20)]
    await wait_until(lambda: hung.requests == 20, timeout=5)
    busy = await gateway.get("/v1/hung")
    assert (busy.status, busy.code) == (503, "service_busy")
    started = time.monotonic()
    answers = await asyncio.gather(*(gateway.get("/v1/well") for _ in range(20)))
    assert {answer.status for answer in answers} == {200}
    assert (await gateway.get("/v1/dead")).status == 503
    assert time.monotonic() - started < 2
    hung.release.set()
    assert {(await answer).status for answer in stuck} == {502}


async def test_failures_are_counted_and_shown(behind: Behind) -> None:
    gateway = await behind({"counted": DEAD}, breaker_failures=1, breaker_seconds=60)
    await gateway.get("/v1/counted")
    shown = generate_latest().decode()
    assert 'gateway_service_failures_total{code="service_unavailable",service="counted"} 1.0' in shown
    assert 'gateway_breaker_open{service="counted"} 1.0' in shown
    assert 'gateway_service_requests_in_hand{service="counted"} 0.0' in shown


async def test_a_client_that_leaves_is_not_the_services_failure(
    serve_app: Callable[[web.Application], Awaitable[str]], start_gateway: StartGateway
) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65_536)

    app = web.Application()
    app.router.add_get("/v1/endless", endless)
    url = await serve_app(app)
    gateway = await start_gateway({"endless": (url, described("endless"))}, breaker_failures=1)
    for _ in range(3):
        async with gateway.session.get(gateway.url + "/v1/endless") as response:
            assert response.status == 200
            await response.content.readexactly(1_000_000)


async def test_a_client_that_no_longer_waits_frees_its_place(behind: Behind) -> None:
    hung = Scripted("hang")
    gateway = await behind({"hung": hung}, service_seconds=30, service_concurrency=1)
    for turn in range(1, 4):
        _, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(b"GET /v1/hung HTTP/1.1\r\nHost: a\r\n\r\n")
        await wait_until(lambda turn=turn: hung.requests == turn, timeout=5)
        writer.close()
        await wait_until(lambda: hung.playing == 0, timeout=5)


async def test_an_answer_before_the_body_is_taken_arrives(behind: Behind) -> None:
    early = b'{"code": "too_much"}'
    head = b"HTTP/1.1 413 X\r\nContent-Type: application/problem+json\r\nContent-Length: %d\r\n\r\n" % len(early)
    gateway = await behind({"early": Scripted("early", answer=head + early)}, max_body_bytes=50_000_000)
    answer = await gateway.ask("POST", "/v1/early", data=b"x" * 5_000_000)
    assert (answer.status, answer.code) == (413, "too_much")
