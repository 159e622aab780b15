import asyncio
from datetime import timedelta

import pytest

from analytics.jobs import schedules
from chassis.scheduler import Scheduler
from contracts.ids import new_id
from contracts.permissions import Permission

AGENT = [Permission.EVENTS_WRITE, Permission.AGENT_EVENTS_WRITE]


def happened(**about):
    return {"name": "report.opened", "user_id": "ada", "properties": {"pages": 3}} | about


async def test_what_is_accepted_is_stored_and_counted(site, daily, rows):
    org = new_id()
    verdicts = await site.track(org, happened(id="1"), happened(id="2", name="report.closed"))
    assert verdicts == {"accepted": 2, "duplicates": 0, "rejected": []}
    assert await daily(org) == {"2026-11-23": {"report.closed": 1, "report.opened": 1}}
    stored = await rows("SELECT source, user_key, properties FROM analytics_events WHERE org_id = $1", org)
    assert {(row["source"], row["user_key"], row["properties"]) for row in stored} == {
        ("tracked", "ada", '{"pages": 3}')
    }


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"id": "1"}, {"id": "1"}),
        ({"id": "1"}, {"id": "1", "occurred_at": "2026-11-01T00:00:00Z"}),
        ({"id": "1", "occurred_at": "2026-10-01T00:00:00Z"}, {"id": "1", "occurred_at": "2026-11-01T00:00:00Z"}),
        ({"id": "1", "occurred_at": "2036-10-01T00:00:00Z"}, {"id": "1"}),
        ({"occurred_at": "2026-10-01T00:00:00Z"}, {"occurred_at": "2026-10-01T00:00:00Z"}),
        ({}, {}),
    ],
)
async def test_sent_again_it_counts_once_for_35_days(site, daily, rows, worker, clock, settings, first, second):  # noqa: PLR0917
    org = new_id()
    assert (await site.track(org, happened(**first)))["accepted"] == 1
    clock.move(days=34, hours=23)
    await Scheduler(worker, schedules(settings())).tick()
    assert await site.track(org, happened(**second)) == {"accepted": 0, "duplicates": 1, "rejected": []}
    assert sum(sum(day.values()) for day in (await daily(org)).values()) == 1
    assert (await site.get(org, "/v1/analytics/integrity"))["duplicates"] == 1


async def test_copies_in_one_batch_count_once(site, daily):
    org = new_id()
    verdicts = await site.track(org, *[happened(id="1")] * 3, happened(), happened())
    assert verdicts == {"accepted": 2, "duplicates": 3, "rejected": []}


async def test_the_same_batch_twice_at_once_counts_once(site, daily):
    org = new_id()
    batch = [happened(id=str(i)) for i in range(300)]
    answers = await asyncio.gather(site.track(org, *batch), site.track(org, *reversed(batch)), site.track(org, *batch))
    assert sum(answer["accepted"] for answer in answers) == 300
    assert sum(answer["duplicates"] for answer in answers) == 600
    assert await daily(org) == {"2026-11-23": {"report.opened": 300}}


async def test_each_event_has_its_own_verdict(site, daily, rows):
    org = new_id()
    verdicts = await site.track(
        org, happened(id="1"), {"nothing": 1}, happened(id="1"), happened(id="2", occurred_at="2020-01-01T00:00:00Z"), 7
    )
    assert (verdicts["accepted"], verdicts["duplicates"]) == (1, 1)
    assert [(one["index"], one["code"]) for one in verdicts["rejected"]] == [
        (1, "required"), (3, "too_old"), (4, "event_invalid"),
    ]  # fmt: skip
    assert await daily(org) == {"2026-11-23": {"report.opened": 1}}
    await site.track(org, {"nothing": 1})
    kept = await rows("SELECT code, content FROM quarantine WHERE org_id = $1 ORDER BY code", org)
    assert [row["code"] for row in kept] == ["event_invalid", "required", "too_old"]
    assert kept[1]["content"] == '{"nothing":1}'
    assert (await site.get(org, "/v1/analytics/integrity"))["quarantined"] == 3


async def test_a_thousand_at_once_and_not_one_more(site, daily):
    org = new_id()
    assert (await site.track(org, *(happened(id=str(i)) for i in range(1000))))["accepted"] == 1000
    for events in ([], [happened(id=str(i)) for i in range(1001)]):
        status, problem = await site.call("POST", "/v1/events", json={"events": events}, headers=site.headers(org))
        assert (status, problem["code"]) == (422, "validation_failed")
    assert await daily(org) == {"2026-11-23": {"report.opened": 1000}}


async def test_names_of_ours_are_not_mistaken_for_facts(site):
    org = new_id()
    await site.track(org, happened(name="member.joined", id="1"))
    overview = await site.get(org, "/v1/analytics/overview")
    assert overview["totals"]["members_joined"]["value"] == 0
    assert overview["totals"]["events"]["value"] == 1
    assert overview["top_events"] == [{"source": "tracked", "name": "member.joined", "count": 1, "previous": 0}]


async def test_the_same_key_is_answered_again(site, daily):
    org, user = new_id(), new_id()
    headers = site.headers(org, user_id=user) | {"Idempotency-Key": str(new_id())}
    first = await site.call("POST", "/v1/events", json={"events": [happened()]}, headers=headers)
    again = await site.call("POST", "/v1/events", json={"events": [happened()]}, headers=headers)
    assert first == again == (202, {"accepted": 1, "duplicates": 0, "rejected": []})


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 202), ("member", 202), ("viewer", 403), ("billing_manager", 403)]
)
async def test_who_may_track(site, role, status):
    answer = await site.call(
        "POST", "/v1/events", json={"events": [happened()]}, headers=site.headers(new_id(), role=role)
    )
    assert answer[0] == status


async def test_without_a_token_or_an_organization_nothing_is_taken(site):
    body = {"events": [happened()]}
    assert (await site.call("POST", "/v1/events", json=body))[0] == 401
    assert (await site.call("POST", "/v1/events", json=body, headers=site.headers(None)))[0] == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"events": [{"name": "a", "properties": {"x": NaN}}]}', 400),
        (b'{"events": [{"name": "a", "properties": {"x": 1e999}}]}', 422),
        (b'{"events": [{"name": "a"}], "more": 1}', 422),
        (b'{"events": {}}', 422),
        (b"[]", 422),
        (b"{", 400),
    ],
)
async def test_a_body_that_is_none_is_refused_whole(site, body, status):
    headers = site.headers(new_id()) | {"Content-Type": "application/json"}
    answer, problem = await site.call("POST", "/v1/events", data=body, headers=headers)
    assert (answer, problem["status"]) == (status, status)


async def test_a_body_of_more_than_four_mebibytes_is_refused(site):
    events = [happened(id=str(i), properties={"text": "t" * 4096}) for i in range(1000)]
    status, problem = await site.call(
        "POST", "/v1/events", json={"events": events[:900]}, headers=site.headers(new_id())
    )
    assert status == 202, problem
    big = [one | {"properties": {"text": "t" * 4096, "more": "t" * 4000}} for one in events]
    assert (await site.call("POST", "/v1/events", json={"events": big}, headers=site.headers(new_id())))[0] == 413


async def test_seconds_before_and_after_midnight_are_two_days(site, deliver, facts, daily, clock):
    acme = facts()
    await deliver(acme.founded("Asia/Kathmandu", clock.now() - timedelta(days=3)))
    for id_, instant in (("1", "2026-11-22T18:14:59.9Z"), ("2", "2026-11-22T18:15:00Z")):
        await site.track(acme.org_id, happened(id=id_, occurred_at=instant))
    found = await daily(acme.org_id)
    assert found["2026-11-22"] == {"report.opened": 1}
    assert found["2026-11-23"] == {"report.opened": 1}


@pytest.mark.parametrize("name", ["agent.run_completed", "agent.", "agent.run started"])
async def test_events_of_agents_are_the_service_accounts_to_send(site, daily, rows, name):
    org = new_id()
    body = {"events": [happened(id="1"), happened(id="2", name=name), {"name": name, "nonsense": 1}]}
    for role in ("owner", "admin", "member"):
        headers = site.headers(org, role=role)
        status, answer = await site.call("POST", "/v1/events", json=body, headers=headers)
        assert (status, answer["code"]) == (403, "permission_denied")
        assert [error["pointer"] for error in answer["errors"]] == ["/events/1/name", "/events/2/name"]
    assert await daily(org) == {}
    assert await rows("SELECT 1 FROM quarantine WHERE org_id = $1", org) == []


async def test_a_service_accounts_key_reports_runs(site, daily):
    org = new_id()
    verdicts = await site.track(
        org, happened(id="1", name="agent.run_completed"), role="service account", permissions=AGENT
    )
    assert verdicts["accepted"] == 1
    assert await daily(org) == {"2026-11-23": {"agent.run_completed": 1}}


async def test_what_only_sounds_like_an_agents_is_anybodys(site):
    names = ("agents.listed", "agent", "my.agent.run", "Agent.opened")
    assert (await site.track(new_id(), *[happened(name=name) for name in names]))["accepted"] == len(names)
