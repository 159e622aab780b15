"""A service that is killed, hung or slow takes no other route down: real processes, through the front door."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator

import pytest

from chassis.testing import eventually
from tests.integration.person import Answer, Person

THEIRS = "/v1/analytics/overview"
OTHERS = ("/v1/me", "/v1/members", "/v1/notifications", "/v1/billing/plans")
FAST_SECONDS = 5.0


@pytest.fixture
async def owner(person) -> Person:
    return await person("Ada Owner").register(organization_name="Unmoved")


@pytest.fixture
async def hung(platform) -> AsyncIterator[int]:
    """Analytics' process, stopped in the middle of whatever it does; its connections stay open."""
    pid = platform.processes["analytics-serve"].pid
    os.kill(pid, signal.SIGSTOP)
    yield pid
    os.kill(pid, signal.SIGCONT)


async def others_answer(owner: Person) -> None:
    started = time.monotonic()
    answers = await asyncio.gather(*(owner.call("GET", path) for path in OTHERS * 5))
    assert {answer.status for answer in answers} == {200}
    assert time.monotonic() - started < FAST_SECONDS


async def answers_again(owner: Person) -> None:
    async def well() -> bool:
        return (await owner.call("GET", THEIRS)).status == 200

    await eventually(well)


async def home_has_a_gap(owner: Person) -> Answer:
    home = await owner.call("GET", "/v1/home")
    body = home.ok()
    assert body["me"]["user"]["email"] == owner.email
    assert body["members"] == {"count": 1}
    assert body["overview"] is None
    assert "overview" in [gap["part"] for gap in body["gaps"]]
    return home


async def test_killed(platform, owner: Person) -> None:
    await asyncio.to_thread(platform.kill, "analytics-serve")
    try:
        refused = await owner.call("GET", THEIRS)
        assert (refused.status, refused.body["code"]) == (503, "service_unavailable")
        assert int(refused.headers["Retry-After"]) >= 1
        await others_answer(owner)
        await home_has_a_gap(owner)
    finally:
        await asyncio.to_thread(platform.start, "analytics-serve")
    await answers_again(owner)


async def test_hung(owner: Person, hung: int) -> None:
    """Requests to it wait; the others don't notice, and the first page comes without it."""
    waiting = [asyncio.create_task(owner.call("GET", THEIRS)) for _ in range(10)]
    await others_answer(owner)
    started = time.monotonic()
    await home_has_a_gap(owner)
    assert time.monotonic() - started < FAST_SECONDS
    os.kill(hung, signal.SIGCONT)
    assert {(await answer).status for answer in waiting} <= {200, 503, 504}
    await answers_again(owner)


async def test_slow(owner: Person, hung: int) -> None:
    """It runs for a moment now and then: its answers come late, or not in time; nobody else waits for them."""

    async def stutter() -> None:
        while True:
            os.kill(hung, signal.SIGCONT)
            await asyncio.sleep(0.02)
            os.kill(hung, signal.SIGSTOP)
            await asyncio.sleep(0.2)

    stuttering = asyncio.create_task(stutter())
    waiting = [asyncio.create_task(owner.call("GET", THEIRS)) for _ in range(20)]
    await others_answer(owner)
    assert {(await answer).status for answer in waiting} <= {200, 503, 504}
    stuttering.cancel()
    os.kill(hung, signal.SIGCONT)
    await answers_again(owner)
