"""People and organizations that are gone: the raw rows say nothing of them any more, every count is as it was."""
# ruff: noqa: PLR0917

import random
from datetime import timedelta

import pytest

from analytics.usecases.check_integrity import check_integrity
from analytics.usecases.rebuild import rebuild
from chassis.database import Context
from contracts.ids import new_id
from contracts.teams import OrganizationPurgedV1, UserDeletedV1

KEEP = timedelta(days=400)


@pytest.fixture
def gone(facts):
    """The two ends."""

    def of_user(user_id):
        said = facts().of(UserDeletedV1, user_id=str(user_id))
        return said.model_copy(update={"orgid": None})

    def of_organization(acme):
        return acme.of(OrganizationPurgedV1, organization_id=str(acme.org_id))

    return of_user, of_organization


@pytest.fixture
def whole(worker):
    async def look(org_id) -> bool:
        async with worker.transaction(Context(actor="system:test")) as tx:
            return (await check_integrity(tx, org_id, KEEP)).consistent

    return look


async def test_a_purged_organizations_rows_are_emptied_and_counted_as_before(
    facts, deliver, daily, rows, gone, whole, site, worker
):
    acme, ada = facts(), new_id()
    await deliver(acme.founded(), acme.joined(user_id=ada))
    await site.track(acme.org_id, {"name": "clicked", "user_id": "Zebulon", "properties": {"who": "Quatermain"}})
    await site.track(acme.org_id, {"name": "clicked", "properties": {"bad": "Quatermain" * 1000}})
    before = await daily(acme.org_id)
    active = await rows("SELECT count(*) FROM daily_users WHERE org_id = $1", acme.org_id)
    purged = gone[1](acme)
    await deliver(purged)
    await deliver(purged, acme.joined(user_id=new_id()))
    left = await rows(
        "SELECT string_agg(t::text, ' ') AS said FROM (SELECT properties::text || coalesce(user_key, '') || "
        "coalesce(subject, '') AS t FROM analytics_events WHERE org_id = $1 UNION ALL SELECT user_key FROM daily_users "
        "WHERE org_id = $1 UNION ALL SELECT content FROM quarantine WHERE org_id = $1) AS texts",
        acme.org_id,
    )
    assert not any(name in left[0]["said"] for name in ("Zebulon", "Quatermain", str(ada), "joined"))
    after = await daily(acme.org_id)
    day = next(iter(before))
    assert after[day] == before[day] | {"organization.purged": 1, "member.joined": 2}
    assert await rows("SELECT count(*) FROM daily_users WHERE org_id = $1", acme.org_id) == active
    assert await whole(acme.org_id)
    async with worker.transaction(Context(actor="system:test")) as tx:
        await rebuild(tx, acme.org_id, KEEP)
    assert await daily(acme.org_id) == after


async def test_a_deleted_person_goes_on_counting_as_one_and_is_nobody(facts, deliver, rows, gone, whole):
    acme, ada, bob = facts(), new_id(), new_id()
    by_ada = acme.joined(user_id=bob).model_copy(update={"actor": f"user:{ada}"})
    await deliver(acme.founded(), acme.registered(ada), acme.joined(user_id=ada), by_ada)
    await deliver(gone[0](ada))
    texts = await rows("SELECT properties::text AS p, user_key AS k, subject AS s FROM analytics_events")
    assert not [row for row in texts if str(ada) in (row["k"], row["s"]) or str(ada) in row["p"]]
    users = await rows("SELECT user_key FROM daily_users WHERE org_id = $1", acme.org_id)
    assert [row["user_key"].startswith("erased:") for row in users] == [True]
    for table in ("registrations", "joins"):
        assert await rows(f"SELECT 1 FROM {table} WHERE user_id = $1", ada) == []
    assert await whole(acme.org_id)


async def test_any_order_and_any_repetition_ends_the_same(facts, deliver, rows, gone):
    acme, ada = facts(), new_id()
    story = [acme.founded(), acme.registered(ada), acme.joined(user_id=ada), gone[0](ada), gone[1](acme)]
    random.Random(7).shuffle(story)
    for one in [*story, *story]:
        await deliver(one)
    found = await rows(
        "SELECT properties::text AS p, user_key, subject FROM analytics_events WHERE event_id = ANY ($1)",
        [one.id for one in story],
    )
    assert len(found) == len(story)
    assert {(row["p"], row["user_key"], row["subject"]) for row in found} == {("{}", None, None)}
    told = await rows("SELECT count(*) AS n FROM outbox WHERE type = 'data.erased' AND position($1 IN "
                      "convert_from(body, 'UTF8')) > 0", f'"subject":"{ada}"')  # fmt: skip
    assert told == [{"n": 1}]
