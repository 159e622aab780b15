from argparse import Namespace
from contextlib import AsyncExitStack

import pytest

from analytics.commands import rebuild_counts, verify_counts
from chassis.database import Context
from contracts.ids import new_id


@pytest.fixture
def run(settings):
    async def command(run, organization=None):
        async with AsyncExitStack() as stack:
            return await run(settings(), Namespace(organization=organization), stack)

    return command


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE quarter_hour_metrics SET count = count + 1 WHERE org_id = $1",
        "DELETE FROM quarter_hour_metrics WHERE org_id = $1",
        "UPDATE daily_metrics SET count = 7 WHERE org_id = $1",
        "DELETE FROM daily_users WHERE org_id = $1",
        "UPDATE daily_users SET day = day - 1 WHERE org_id = $1",
        "INSERT INTO daily_metrics VALUES ($1, '2026-01-01', 'tracked', 'never', 1, now())",
    ],
)
async def test_what_verify_finds_rebuild_makes_right(facts, deliver, site, worker, run, daily, damage, capsys):  # noqa: PLR0917
    acme, other = facts(), facts()
    await deliver(acme.founded("Asia/Kathmandu"), acme.joined(actor=f"user:{new_id()}"), other.founded())
    await site.track(acme.org_id, {"name": "a", "id": "1", "occurred_at": "2026-09-01T00:00:00Z", "user_id": "u"})
    before = await daily(acme.org_id)
    assert await run(verify_counts) == 0
    async with worker.transaction(Context(actor="system:test")) as tx:
        await tx.execute(damage, acme.org_id)
    capsys.readouterr()
    assert await run(verify_counts) == 1
    told = capsys.readouterr().out
    assert str(acme.org_id) in told
    assert str(other.org_id) not in told
    assert await run(verify_counts, other.org_id) == 0
    assert await run(rebuild_counts, acme.org_id) == 0
    assert await run(verify_counts) == 0
    assert await daily(acme.org_id) == before


async def test_a_rebuild_while_events_arrive_counts_them_all(facts, deliver, run, daily):
    import asyncio

    acme = facts()
    await deliver(acme.founded())
    arrivals = [deliver(*(acme.joined() for _ in range(10))) for _ in range(15)]
    await asyncio.gather(*arrivals, *(run(rebuild_counts) for _ in range(3)))
    assert (await daily(acme.org_id))["2026-11-23"]["member.joined"] == 150
    assert await run(verify_counts) == 0
