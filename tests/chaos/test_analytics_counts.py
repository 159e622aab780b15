"""Analytics dies at the lines that matter, under load; every committed event is counted, and counted once."""

import asyncio
from dataclasses import dataclass
from uuid import uuid4

import aiohttp
import pytest

from chassis.testing import eventually
from tests.chaos.ledger import begin
from tests.integration.platform import command

_LEDGER = """
SELECT count(*) AS committed,
       count(*) FILTER (WHERE effects = 0) AS lost,
       count(*) FILTER (WHERE effects > 1) AS doubled,
       (SELECT coalesce(sum(count), 0)::bigint FROM analytics.daily_metrics
        WHERE org_id = $1 AND source = 'domain' AND name = ANY ($2)) AS counted
FROM (
    SELECT fact.event_id, count(effect.event_id) AS effects
    FROM teams.outbox fact LEFT JOIN analytics.analytics_events effect USING (event_id)
    WHERE fact.org_id = $1 AND fact.type = ANY ($2)
    GROUP BY fact.event_id
) AS facts
"""
FACTS = ["organization.created", "member.invited", "invitation.accepted", "member.joined", "member.role_changed"]
POINTS = ["consumer.after_inbox_insert", "consumer.before_commit", "consumer.after_commit", "consumer.before_ack"]
IN_EACH_RUN = {"consumer.before_commit", "consumer.before_ack"}


@dataclass
class Counts:
    """Facts that teams committed against what analytics made of them."""

    committed: int
    lost: int
    doubled: int
    counted: int


@pytest.fixture
async def load(platform, person):
    return await begin(platform, person("Ada Lovelace"), person("Grace Hopper"))


async def settled(platform, load) -> Counts:
    """The counts once nothing is missing; the last ones seen if that never happens."""
    found = Counts(0, 0, 0, 0)

    async def complete() -> bool:
        nonlocal found
        found = Counts(**dict((await platform.query(_LEDGER, load.owner.organization["id"], FACTS))[0]))
        return found.lost == 0 and found.counted == found.committed

    try:
        await eventually(complete, timeout=60)
    except TimeoutError:
        return found
    return found


async def assert_exact(platform, load) -> None:
    """Organization, two members and one invitation, and as many role changes as were acknowledged."""
    committed = 5 + load.acknowledged
    assert await settled(platform, load) == Counts(committed, lost=0, doubled=0, counted=committed)
    assert (await load.owner.call("GET", "/v1/analytics/integrity")).ok()["consistent"] is True
    verified = await asyncio.to_thread(command, platform.stack, "analytics", "verify")
    assert verified.returncode == 0, verified.stdout


@pytest.mark.parametrize("point", [pytest.param(p, marks=() if p in IN_EACH_RUN else pytest.mark.long) for p in POINTS])
async def test_killed_at_a_point_every_event_is_counted_once(platform, load, point) -> None:
    await asyncio.to_thread(platform.stop, "analytics-work")
    platform.begin("analytics-work", FAULT_KILL_AT=point)  # it may die of what waits already, before it is ready
    async with load.running():
        assert await asyncio.to_thread(platform.wait_dead, "analytics-work") == -9
        await asyncio.to_thread(platform.start, "analytics-work")
        await load.more(5)
    await assert_exact(platform, load)


async def test_killed_at_any_moment_under_load_every_event_is_counted_once(platform, load) -> None:
    async with load.running():
        for _ in range(3):
            await load.more(5)
            await asyncio.to_thread(platform.kill, "analytics-work")
            await asyncio.to_thread(platform.start, "analytics-work")
        await load.more(5)
    await assert_exact(platform, load)


async def test_a_batch_whose_answer_was_lost_is_sent_again_and_counts_once(platform, load) -> None:
    """The door dies while batches arrive; a client that repeats what was not answered loses and doubles nothing."""
    batches = [[{"id": str(uuid4()), "name": "step.taken"} for _ in range(200)] for _ in range(12)]

    async def send(batch) -> None:
        while True:
            try:
                answer = await load.owner.call("POST", "/v1/events", {"events": batch})
            except (aiohttp.ClientError, TimeoutError):
                continue
            if answer.status == 202:
                return
            assert answer.status in (502, 503, 504), answer
            await asyncio.sleep(float(answer.headers.get("Retry-After", 0.1)) / 10)

    async def send_all() -> None:
        for batch in batches:
            await send(batch)

    sending = asyncio.create_task(send_all())
    for _ in range(2):
        await asyncio.to_thread(platform.kill, "analytics-serve")
        await asyncio.to_thread(platform.start, "analytics-serve")
    await sending
    found = (await load.owner.call("GET", "/v1/analytics/overview")).ok()
    assert {"source": "tracked", "name": "step.taken", "count": 2400, "previous": 0} in found["top_events"]
    assert (await load.owner.call("GET", "/v1/analytics/integrity")).ok()["consistent"] is True
