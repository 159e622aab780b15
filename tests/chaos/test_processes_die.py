"""Processes die by SIGKILL at the lines that matter; the ledger of committed facts and their effects stays balanced."""

import asyncio

import pytest

from tests.chaos.ledger import Books, begin

RELAY_POINTS = [
    "outbox.after_commit",
    "relay.after_claim",
    "relay.after_publish",
    "relay.after_confirm",
    "relay.before_mark",
    "relay.after_mark",
]
CONSUMER_POINTS = [
    "consumer.after_receive",
    "consumer.after_inbox_insert",
    "consumer.before_commit",
    "consumer.after_commit",
    "consumer.before_ack",
    "consumer.after_ack",
]
IN_EACH_RUN = {"outbox.after_commit", "relay.before_mark", "consumer.before_commit", "consumer.before_ack"}


def process_of(point: str) -> str:
    if point.startswith("outbox"):
        return "teams-serve"
    return "teams-work" if point.startswith("relay") else "notifier-work"


def points() -> list:
    every = RELAY_POINTS + CONSUMER_POINTS
    return [pytest.param(p, marks=() if p in IN_EACH_RUN else pytest.mark.long) for p in every]


@pytest.fixture
async def load(platform, person):
    return await begin(platform, person("Ada Lovelace"), person("Grace Hopper"))


@pytest.mark.parametrize("point", points())
async def test_killed_at_a_point_nothing_is_lost_and_nothing_happens_twice(platform, load, point) -> None:
    name = process_of(point)
    await asyncio.to_thread(platform.stop, name)
    await asyncio.to_thread(platform.start, name, FAULT_KILL_AT=point)
    async with load.running():
        assert await asyncio.to_thread(platform.wait_dead, name) == -9
        await asyncio.to_thread(platform.start, name)
        await load.more(5)
    assert await load.settled() == Books(committed=load.acknowledged, lost=0, doubled=0)


@pytest.mark.parametrize(
    "name",
    [
        "notifier-work",
        pytest.param("teams-work", marks=pytest.mark.long),
        pytest.param("teams-serve", marks=pytest.mark.long),
        pytest.param("notifier-serve", marks=pytest.mark.long),
        pytest.param("gateway-serve", marks=pytest.mark.long),
    ],
)
async def test_killed_at_any_moment_under_load(platform, load, name) -> None:
    async with load.running():
        for _ in range(3):
            await load.more(5)
            await asyncio.to_thread(platform.kill, name)
            await asyncio.to_thread(platform.start, name)
        await load.more(5)
    assert await load.settled() == Books(committed=load.acknowledged, lost=0, doubled=0)


async def test_an_orderly_end_takes_nothing_along(platform, load) -> None:
    async with load.running():
        for name in ("notifier-work", "teams-work"):
            await load.more(5)
            assert await asyncio.to_thread(platform.stop, name) == 0
            await asyncio.to_thread(platform.start, name)
        await load.more(5)
    assert await load.settled() == Books(committed=load.acknowledged, lost=0, doubled=0)
