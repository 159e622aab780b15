"""Postgres, RabbitMQ, Redis and the mail server go away under load and come back; no process needs a restart."""

import asyncio

import pytest

from chassis.testing import eventually
from tests.chaos.ledger import Books, begin


@pytest.fixture
async def load(platform, person):
    return await begin(platform, person("Ada Lovelace"), person("Grace Hopper"))


@pytest.fixture
def same_processes(platform):
    before = {name: process.pid for name, process in platform.processes.items()}
    yield
    alive = {name: process.pid for name, process in platform.processes.items() if process.poll() is None}
    assert alive == before


@pytest.mark.usefixtures("same_processes")
async def test_rabbitmq_restarts_under_load(engines, load) -> None:
    async with load.running():
        await load.more(5)
        await asyncio.to_thread(engines.rabbitmq.stop)
        await load.more(5)
        await asyncio.to_thread(engines.rabbitmq.start)
        await load.more(5)
    assert await load.settled() == Books(committed=load.acknowledged, lost=0, doubled=0)


@pytest.mark.usefixtures("same_processes")
async def test_postgres_restarts_under_load(engines, load) -> None:
    async with load.running():
        await load.more(5)
        await asyncio.to_thread(engines.postgres.stop)
        await asyncio.to_thread(engines.postgres.start)
        await load.more(5)
    assert await load.settled() == Books(committed=load.acknowledged, lost=0, doubled=0)


@pytest.mark.usefixtures("same_processes")
async def test_redis_is_away_and_alerts_are_stored_all_the_same(engines, load) -> None:
    await asyncio.to_thread(engines.redis.stop)
    try:
        async with load.running():
            await load.more(5)
        assert await load.settled() == Books(committed=load.acknowledged, lost=0, doubled=0)
    finally:
        await asyncio.to_thread(engines.redis.start)


async def test_the_mail_server_is_away_and_the_invitation_arrives_later(platform, person) -> None:
    ada = await person("Ada Lovelace").register(organization_name="Analytical Engines")
    grace = person("Grace Hopper")
    await asyncio.to_thread(platform.stop_mail)
    invitation = await ada.invite(grace)

    async def tried() -> bool:
        rows = await platform.query("SELECT attempts FROM notifier.deliveries WHERE recipient = $1", grace.email)
        return bool(rows) and rows[0]["attempts"] > 0

    await eventually(tried)
    await asyncio.to_thread(platform.start_mail)
    await platform.query(
        "UPDATE notifier.deliveries SET next_attempt_at = now() WHERE recipient = $1 RETURNING id", grace.email
    )
    await grace.join()
    assert grace.organization["name"] == "Analytical Engines"
    assert invitation["state"] == "pending"
