from datetime import timedelta

import pytest

from chassis.database import Context
from contracts.billing import SubscriptionCreatedV1, SubscriptionUpdatedV1
from contracts.ids import new_id
from contracts.teams import InvitationAcceptedV1, MemberInvitedV1, MemberRemovedV1

PATH = "/v1/analytics/overview"


async def test_a_new_organization_has_thirty_empty_days(site):
    found = await site.get(new_id(), PATH)
    assert (found["time_zone"], found["period"]) == ("UTC", {"first": "2026-10-25", "last": "2026-11-23"})
    assert found["previous_period"] == {"first": "2026-09-25", "last": "2026-10-24"}
    assert (len(found["days"]), len(found["previous_days"])) == (30, 30)
    assert found["totals"]["events"] == {"value": 0, "previous": 0}
    assert (found["top_events"], found["mrr"]) == ([], [])


async def test_what_happened_is_counted_by_day_beside_the_period_before(site, facts, deliver, clock):
    acme, now = facts(), clock.now()
    ada, grace, request = new_id(), new_id(), new_id()
    last_week = now - timedelta(days=7)
    await deliver(
        acme.founded("Europe/Berlin", last_week),
        acme.joined(last_week, ada, actor=f"user:{ada}"),
        acme.of(MemberInvitedV1, now, actor=f"user:{ada}"),
        acme.of(MemberInvitedV1, now, actor=f"user:{ada}"),
        acme.registered(grace, now, correlation_id=request),
        acme.joined(now, grace, actor=f"user:{grace}", correlation_id=request),
        acme.of(InvitationAcceptedV1, now, actor=f"user:{grace}"),
        acme.of(MemberRemovedV1, now, actor=f"user:{ada}"),
        acme.of(SubscriptionCreatedV1, now, 1, subscription_id=str(request), mrr={"amount": 0, "currency": "usd"}),
        acme.of(SubscriptionUpdatedV1, now, 2, subscription_id=str(request), mrr={"amount": 4900, "currency": "usd"}),
    )
    found = await site.get(acme.org_id, PATH, **{"from": "2026-11-17", "to": "2026-11-23"})
    assert found["time_zone"] == "Europe/Berlin"
    assert found["totals"] == {
        "events": {"value": 8, "previous": 2},
        "active_users": {"value": 2, "previous": 1},
        "members_joined": {"value": 1, "previous": 1},
        "members_removed": {"value": 1, "previous": 0},
        "invitations_sent": {"value": 2, "previous": 0},
        "invitations_accepted": {"value": 1, "previous": 0},
        "sign_ups": {"value": 1, "previous": 0},
    }
    assert [day["events"] for day in found["days"]] == [0, 0, 0, 0, 0, 0, 8]
    assert found["days"][-1]["active_users"] == 2
    assert [day["events"] for day in found["previous_days"]] == [0, 0, 0, 0, 0, 0, 2]
    assert found["previous_days"][-1]["day"] == "2026-11-16"
    assert found["mrr"] == [{"amount": 4900, "currency": "usd"}]
    assert found["top_events"][0] == {"source": "domain", "name": "member.invited", "count": 2, "previous": 0}


async def test_days_that_may_still_change_say_so(site, facts, deliver, clock):
    acme = facts()
    await deliver(acme.founded("Pacific/Auckland", clock.now() - timedelta(days=20)))
    clock.move(hours=2)
    found = await site.get(acme.org_id, PATH)
    assert found["days"][-1]["day"] == "2026-11-24", "it is tomorrow already in Auckland"
    assert [day["day"] for day in found["days"] if day["settling"]] == ["2026-11-23", "2026-11-24"]
    await deliver(acme.joined(clock.now() - timedelta(days=10)))
    found = await site.get(acme.org_id, PATH)
    settling = [day["day"] for day in found["days"] if day["settling"]]
    assert settling == ["2026-11-14", "2026-11-23", "2026-11-24"], "a late event was counted at once"
    clock.move(hours=1, minutes=1)
    found = await site.get(acme.org_id, PATH)
    assert [day["day"] for day in found["days"] if day["settling"]] == ["2026-11-23", "2026-11-24"]
    assert (await site.get(acme.org_id, "/v1/analytics/integrity"))["late"] == 2


async def test_one_organization_sees_nothing_of_another(site, facts, deliver):
    acme = facts()
    await deliver(acme.founded(), acme.joined())
    for path in (PATH, "/v1/analytics/integrity"):
        found = await site.get(new_id(), path)
        assert "member.joined" not in str(found)
        assert found.get("raw", 0) == 0


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"from": "2026-11-24"}, "from"),
        ({"from": "2020-01-01"}, "from"),
        ({"to": "2027-01-01"}, "to"),
        ({"from": "yesterday"}, "from"),
        ({"first": "2026-11-01"}, "first"),
    ],
)
async def test_a_wrong_period_is_422_and_named(site, query, pointer):
    status, problem = await site.call("GET", PATH, params=query, headers=site.headers(new_id()))
    assert status == 422
    assert [error["pointer"].strip("/") for error in problem["errors"]] == [pointer]


async def test_what_is_no_day_is_told_how_one_is_written(site):
    _, problem = await site.call("GET", PATH, params={"from": "yesterday"}, headers=site.headers(new_id()))
    error = problem["errors"][0]
    assert (error["code"], error["detail"]) == ("date_invalid", "Give a day, e.g. 2026-11-25.")


async def test_who_may_look(site):
    for path in (PATH, "/v1/analytics/integrity"):
        assert (await site.call("GET", path))[0] == 401
        assert (await site.call("GET", path, headers=site.headers(None)))[0] == 403
        assert (await site.call("GET", path, headers=site.headers(new_id(), role="viewer")))[0] == 200


async def test_integrity_sees_a_count_that_is_wrong(site, facts, deliver, worker):
    acme = facts()
    await deliver(acme.founded(), acme.joined(actor=f"user:{new_id()}"))
    found = await site.get(acme.org_id, "/v1/analytics/integrity")
    assert found["consistent"] is True
    assert (found["raw"], found["quarter_hours"], found["all_quarter_hours"], found["days"]) == (2, 2, 2, 2)
    for sql, wrong in (
        ("UPDATE daily_metrics SET count = count + 1 WHERE org_id = $1 AND name = 'member.joined'", "wrong_days"),
        ("DELETE FROM quarter_hour_metrics WHERE org_id = $1 AND name = 'member.joined'", "wrong_quarter_hours"),
        ("DELETE FROM daily_users WHERE org_id = $1", "wrong_users"),
    ):
        async with worker.transaction(Context(actor="system:test")) as tx:
            await tx.execute(sql, acme.org_id)
        found = await site.get(acme.org_id, "/v1/analytics/integrity")
        assert (found["consistent"], found[wrong]) == (False, 1)
