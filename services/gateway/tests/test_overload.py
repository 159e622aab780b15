"""Load is shed with a clear answer before it buries the process."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from chassis.problems import Unavailable
from chassis.testing import wait_until
from gateway.overload import Overload

from .parts import Gateway, Script
from .scripted import Scripted, described

ServeBytes = Callable[[Script], Awaitable[str]]


def overload(**bounds: float) -> Overload:
    values = {"most_in_hand": 3, "most_while_late": 1, "lag_seconds": 0.2} | bounds
    return Overload(**values)  # type: ignore[arg-type]


class TestDecision:
    def test_no_more_than_the_bound(self) -> None:
        bound = overload()
        with bound, bound, bound:
            with pytest.raises(Unavailable) as refused, bound:
                pass
            assert refused.value.code == "overloaded"
        with bound:
            pass

    def test_fewer_while_the_loop_is_late_and_until_it_has_calmed_down(self) -> None:
        bound = overload()
        bound.measured(0.3)
        with bound, pytest.raises(Unavailable), bound:
            pass
        bound.measured(0.15)
        assert bound.late
        bound.measured(0.05)
        with bound, bound:
            pass

    async def test_a_loop_that_is_blocked_is_late(self) -> None:
        bound = overload(lag_seconds=0.05)
        measuring = asyncio.create_task(bound.run())
        await asyncio.sleep(0)
        time.sleep(0.2)  # noqa: ASYNC251 - this is the fault
        await wait_until(lambda: bound.lag > 0.05)
        assert bound.late
        await wait_until(lambda: not bound.late)
        measuring.cancel()


async def test_beyond_what_it_can_hold_it_says_so_at_once_and_health_goes_on(
    serve_bytes: ServeBytes, start_gateway: Callable[..., Awaitable[Gateway]]
) -> None:
    hung = Scripted("hang")
    gateway = await start_gateway(
        {"hung": (await serve_bytes(hung), described("hung"))}, requests_in_hand=10, service_seconds=20
    )
    waiting = [asyncio.create_task(gateway.get("/v1/hung")) for _ in range(10)]
    await wait_until(lambda: hung.playing == 10)
    answers = await asyncio.gather(*(gateway.get("/v1/hung") for _ in range(20)))
    assert {(answer.status, answer.code, answer.headers["Retry-After"]) for answer in answers} == {
        (503, "overloaded", "1")
    }
    assert (await gateway.get("/")).status == 503
    assert (await gateway.get("/health/live")).status == 200
    hung.release.set()
    await asyncio.gather(*waiting)
    assert (await gateway.get("/openapi.json")).status == 200


async def test_the_service_knows_how_long_it_has(
    serve_app: Callable[[web.Application], Awaitable[str]], start_gateway: Callable[..., Awaitable[Gateway]]
) -> None:
    async def told(request: web.Request) -> web.Response:
        return web.Response(text=request.headers["X-Request-Deadline-Ms"])

    app = web.Application()
    app.router.add_get("/v1/told", told)
    gateway = await start_gateway({"told": (await serve_app(app), described("told"))}, service_seconds=7)
    answer = await gateway.get("/v1/told", headers={"X-Request-Deadline-Ms": "999999"})
    assert answer.body == b"7000"
