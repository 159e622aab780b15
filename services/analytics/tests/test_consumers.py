# ruff: noqa: PLR0917
import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from analytics.app import REACTIONS
from analytics.consumers import newest
from analytics.domain.recorded import NO_ORGANIZATION
from chassis.database import Context
from chassis.deadletters import Selection, replay
from chassis.failures import Description
from chassis.inbox import Message, Reader
from chassis.processing import Processor
from chassis.retries import store_failure
from contracts.billing import SubscriptionCanceledV1, SubscriptionCreatedV1, SubscriptionUpdatedV1
from contracts.golden_samples import sample
from contracts.ids import new_id
from contracts.registry import EVENTS
from contracts.teams import MemberJoinedV1


def at(text):
    return datetime.fromisoformat(text)


def test_every_event_of_the_catalogue_is_listened_to():
    assert set(REACTIONS.event_types) == {model.type for model in EVENTS}


def test_of_two_versions_the_newest_is_read():
    class MemberJoinedV2(MemberJoinedV1):
        version = 2

    assert newest([MemberJoinedV2, MemberJoinedV1]) == [MemberJoinedV2]
    assert newest([MemberJoinedV1, MemberJoinedV2]) == [MemberJoinedV2]


async def test_a_batch_is_stored_and_counted_once(facts, deliver, daily, rows):
    acme = facts()
    batch = [acme.founded(), *(acme.joined() for _ in range(5))]
    await deliver(*batch, *batch)
    await deliver(*batch)
    assert await daily(acme.org_id) == {"2026-11-23": {"organization.created": 1, "member.joined": 5}}
    assert len(await rows("SELECT 1 FROM analytics_events WHERE org_id = $1", acme.org_id)) == 6


async def test_a_replay_after_the_inbox_was_pruned_counts_nothing_again(facts, deliver, daily, worker):
    acme = facts()
    batch = [acme.founded(), acme.joined()]
    await deliver(*batch)
    before = await daily(acme.org_id)
    for table in ("inbox", "seen_events"):
        async with worker.transaction(Context(actor="system:test")) as tx:
            await tx.execute(f"DELETE FROM {table}")
        await deliver(*batch)
        assert await daily(acme.org_id) == before


async def test_the_same_batch_from_two_consumers_counts_once(facts, deliver, daily):
    for _ in range(5):
        acme = facts()
        batch = [acme.founded("Asia/Tokyo"), *(acme.joined() for _ in range(20))]
        await asyncio.gather(deliver(*batch), deliver(*reversed(batch)), deliver(*batch[5:]))
        assert await daily(acme.org_id) == {"2026-11-23": {"organization.created": 1, "member.joined": 20}}


async def test_batches_of_the_same_organizations_in_any_order_do_not_block_each_other(facts, deliver, daily):
    organizations = [facts() for _ in range(4)]
    batches = [[one.joined() for one in organizations for _ in range(10)] for _ in range(6)]
    await asyncio.gather(*(deliver(*(batch if i % 2 else reversed(batch))) for i, batch in enumerate(batches)))
    for one in organizations:
        assert await daily(one.org_id) == {"2026-11-23": {"member.joined": 60}}


async def test_poison_in_a_batch_is_put_aside_alone(facts, worker, daily, rows):
    acme = facts()
    good = [acme.joined() for _ in range(7)]
    poison = acme.joined(user_id="no id")
    processor = Processor(worker, "analytics", Reader(REACTIONS))
    everything = [*good[:3], poison, *good[3:]]
    await processor.settle([Message(e.to_json(), str(e.id), e.type) for e in everything])
    assert await daily(acme.org_id) == {"2026-11-23": {"member.joined": 7}}
    (dead,) = await rows("SELECT event_id, state, error FROM failed_messages WHERE event_id = $1", poison.id)
    assert dead["state"] == "dead"
    assert "user_id" in dead["error"]


async def test_what_the_database_refuses_is_found_in_the_batch_and_put_aside(facts, worker, daily, rows):
    acme = facts()
    good = [acme.joined() for _ in range(9)]
    poison = acme.joined(name="fine").model_copy(update={"subject": "NUL \x00 inside"})
    processor = Processor(worker, "analytics", Reader(REACTIONS))
    everything = [*good[:4], poison, *good[4:]]
    await processor.settle([Message(e.to_json(), str(e.id), e.type) for e in everything])
    assert await daily(acme.org_id) == {"2026-11-23": {"member.joined": 9}}
    (kept,) = await rows("SELECT state FROM failed_messages WHERE event_id = $1", poison.id)
    assert kept["state"] == "waiting"


@pytest.mark.parametrize(
    ("zone", "instants", "expected"),
    [
        ("Asia/Kathmandu", ["2026-11-22T18:14:59Z", "2026-11-22T18:15:00Z"], {"2026-11-22": 1, "2026-11-23": 1}),
        ("Asia/Kolkata", ["2026-11-22T18:29:59Z", "2026-11-22T18:30:00Z"], {"2026-11-22": 1, "2026-11-23": 1}),
        ("America/St_Johns", ["2026-11-23T03:29:00Z", "2026-11-23T03:30:00Z"], {"2026-11-22": 1, "2026-11-23": 1}),
        # Clocks go forward in Berlin on 2026-03-29: the day begins at 23:00Z and ends at 22:00Z, 23 hours later.
        ("Europe/Berlin", ["2026-03-28T22:59:00Z", "2026-03-28T23:00:00Z", "2026-03-29T21:59:00Z",
                           "2026-03-29T22:00:00Z"], {"2026-03-28": 1, "2026-03-29": 2, "2026-03-30": 1}),
        # And back on 2026-10-25: from 22:00Z to 23:00Z, 25 hours.
        ("Europe/Berlin", ["2026-10-24T21:59:00Z", "2026-10-24T22:00:00Z", "2026-10-25T22:59:00Z",
                           "2026-10-25T23:00:00Z"], {"2026-10-24": 1, "2026-10-25": 2, "2026-10-26": 1}),
        # Lord Howe Island moves its clocks by half an hour, on 2026-10-04.
        ("Australia/Lord_Howe", ["2026-10-03T13:29:00Z", "2026-10-03T13:30:00Z", "2026-10-04T12:59:00Z",
                                 "2026-10-04T13:00:00Z"], {"2026-10-03": 1, "2026-10-04": 2, "2026-10-05": 1}),
        ("Pacific/Chatham", ["2026-11-22T10:14:00Z", "2026-11-22T10:15:00Z"], {"2026-11-22": 1, "2026-11-23": 1}),
        ("Mars/Olympus", ["2026-11-22T23:59:59Z", "2026-11-23T00:00:00Z"], {"2026-11-22": 1, "2026-11-23": 1}),
    ],
)  # fmt: skip
async def test_days_are_the_organizations_own(facts, deliver, daily, zone, instants, expected):
    acme = facts()
    await deliver(acme.founded(zone))
    await deliver(*(acme.joined(at(instant)) for instant in instants))
    found = await daily(acme.org_id)
    assert {day: counts["member.joined"] for day, counts in found.items() if "member.joined" in counts} == expected


async def test_a_changed_zone_moves_what_was_counted_before(facts, deliver, daily, rows):
    acme = facts()
    user = new_id()
    instants = ["2026-11-22T14:59:00Z", "2026-11-22T15:00:00Z", "2026-11-22T23:59:00Z", "2026-11-23T00:00:00Z"]
    joined = [acme.joined(at(instant), actor=f"user:{user}") for instant in instants]
    await deliver(*joined)
    assert await daily(acme.org_id) == {"2026-11-22": {"member.joined": 3}, "2026-11-23": {"member.joined": 1}}
    await deliver(acme.moved("Asia/Tokyo", 3, at("2026-11-20T12:00:00Z")))
    tokyo = {"2026-11-20": {"organization.updated": 1}, "2026-11-22": {"member.joined": 1},
             "2026-11-23": {"member.joined": 3}}  # fmt: skip
    assert await daily(acme.org_id) == tokyo
    users = await rows("SELECT day::text FROM daily_users WHERE org_id = $1 ORDER BY 1", acme.org_id)
    assert [row["day"] for row in users] == ["2026-11-22", "2026-11-23"]
    await deliver(acme.moved("Asia/Kolkata", 2, at("2026-11-20T12:00:00Z")))
    tokyo["2026-11-20"]["organization.updated"] = 2
    assert await daily(acme.org_id) == tokyo, "an older statement changes no zone"


async def test_a_zone_that_changes_while_events_arrive_leaves_no_event_on_a_wrong_day(facts, deliver, daily):
    acme = facts()
    zones = ["Asia/Tokyo", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kathmandu"]
    moves = [deliver(acme.moved(zone, 10 + i, at("2026-01-01T12:00:00Z"))) for i, zone in enumerate(zones)]
    arrivals = [deliver(*(acme.joined(at("2026-11-22T18:20:00Z")) for _ in range(5))) for _ in range(20)]
    await asyncio.gather(*arrivals[:10], *moves, *arrivals[10:])
    assert (await daily(acme.org_id))["2026-11-23"] == {"member.joined": 100}


async def test_a_clock_ten_years_ahead_counts_on_arrival_and_is_remembered(facts, deliver, daily, rows):
    acme = facts()
    await deliver(acme.joined(at("2036-11-23T12:00:00Z")), acme.joined(at("2026-11-23T12:04:00Z")))
    assert await daily(acme.org_id) == {"2026-11-23": {"member.joined": 2}}
    found = await rows(
        "SELECT claimed_at, tableoid::regclass::text AS place FROM analytics_events WHERE org_id = $1 "
        "ORDER BY claimed_at NULLS LAST",
        acme.org_id,
    )
    assert found[0]["claimed_at"] == datetime(2036, 11, 23, 12, tzinfo=UTC)
    assert found[1]["claimed_at"] is None
    assert {row["place"] for row in found} == {"analytics_events_2026_11"}
    parts = await rows("SELECT relname FROM pg_class WHERE relname ~ '^analytics_events_2[0-9]{3}_[0-9]{2}$'")
    assert all(part["relname"] < "analytics_events_2028" for part in parts)


async def test_a_late_event_counts_on_its_own_day(facts, deliver, daily):
    acme = facts()
    await deliver(acme.joined(at("2026-08-01T12:00:00Z")))
    assert await daily(acme.org_id) == {"2026-08-01": {"member.joined": 1}}


async def test_older_than_what_is_kept_is_put_aside(facts, deliver, daily, rows):
    acme = facts()
    await deliver(acme.joined(at("2020-01-01T00:00:00Z")), acme.joined())
    assert await daily(acme.org_id) == {"2026-11-23": {"member.joined": 1}}
    (kept,) = await rows("SELECT code, source FROM quarantine WHERE org_id = $1", acme.org_id)
    assert kept == {"code": "too_old", "source": "domain"}


async def test_nobodys_name_or_address_is_kept(facts, deliver, rows):
    acme = facts()
    await deliver(acme.joined(email="ada@example.com", name="Ada Lovelace"))
    (row,) = await rows(
        "SELECT analytics_events::text AS everything FROM analytics_events WHERE org_id = $1", acme.org_id
    )
    assert "ada" not in row["everything"].lower()


@pytest.mark.parametrize("backwards", [False, True])
async def test_a_sign_up_is_an_account_opened_and_joined_in_one_request(facts, deliver, daily, rows, backwards):
    acme, elsewhere = facts(), facts()
    ada, request = new_id(), new_id()
    registered = acme.registered(ada, correlation_id=request)
    joined = acme.joined(user_id=ada, correlation_id=request)
    later = elsewhere.joined(user_id=ada)
    for event in (later, joined, registered) if backwards else (registered, joined, later):
        await deliver(event)
    assert await daily(acme.org_id) == {"2026-11-23": {"member.joined": 1, "user.signed_up": 1}}
    assert await daily(elsewhere.org_id) == {"2026-11-23": {"member.joined": 1}}
    await deliver(joined.model_copy(update={"id": new_id()}))
    assert (await daily(acme.org_id))["2026-11-23"]["user.signed_up"] == 1
    assert await rows("SELECT 1 FROM intake_counts WHERE org_id = $1", acme.org_id) == [], "nobody sent it twice"


async def test_both_halves_of_a_sign_up_from_two_consumers_at_once(facts, deliver, daily):
    for _ in range(10):
        acme, ada, request = facts(), new_id(), new_id()
        await asyncio.gather(
            deliver(acme.registered(ada, correlation_id=request)),
            deliver(acme.joined(user_id=ada, correlation_id=request)),
        )
        assert (await daily(acme.org_id))["2026-11-23"]["user.signed_up"] == 1


async def test_events_of_no_organization_are_counted_apart(facts, deliver, daily):
    before = (await daily(NO_ORGANIZATION)).get("2026-11-23", {}).get("user.registered", 0)
    await deliver(facts().registered(new_id()))
    assert (await daily(NO_ORGANIZATION))["2026-11-23"]["user.registered"] == before + 1


@pytest.mark.parametrize("backwards", [False, True])
async def test_revenue_is_what_billing_said_last_in_any_order(facts, deliver, rows, backwards):
    acme, subscription = facts(), str(new_id())
    events = [
        acme.of(model, sequence=sequence, subscription_id=subscription, mrr={"amount": mrr, "currency": "usd"})
        for sequence, (model, mrr) in enumerate(
            [(SubscriptionCreatedV1, 0), (SubscriptionUpdatedV1, 4900), (SubscriptionUpdatedV1, 14700)], start=1
        )
    ]
    for event in reversed(events) if backwards else events:
        await deliver(event)
    (row,) = await rows("SELECT mrr_amount FROM subscriptions WHERE org_id = $1", acme.org_id)
    assert row["mrr_amount"] == 14700
    await deliver(acme.of(SubscriptionCanceledV1, sequence=4, subscription_id=subscription, status="canceled"))
    (row,) = await rows("SELECT status FROM subscriptions WHERE org_id = $1", acme.org_id)
    assert row["status"] == "canceled"


async def test_a_state_sent_to_fill_the_projections_counts_nothing_and_moves_the_days(facts, deliver, daily):
    acme = facts()
    await deliver(acme.joined(at("2026-11-22T18:20:00Z")))
    await deliver(acme.moved("Asia/Kathmandu", 5).model_copy(update={"snapshot": True}))
    assert await daily(acme.org_id) == {"2026-11-23": {"member.joined": 1}}
    await deliver(acme.moved("UTC", 4).model_copy(update={"snapshot": True}))
    assert await daily(acme.org_id) == {"2026-11-23": {"member.joined": 1}}


async def test_a_message_put_aside_is_counted_when_it_is_replayed(facts, deliver, daily, rows, worker):
    acme = facts()
    late = acme.joined()
    description = Description("ValueError: planted", "ValueError: planted")
    message = Message(late.to_json(), str(late.id), late.type)
    readers = {"analytics": Reader(REACTIONS)}
    await store_failure(worker, "analytics", message, readers["analytics"].read(message), description, dead=True)
    for dry_run, expected in ((True, {}), (False, {"2026-11-23": {"member.joined": 1}})):
        (report,) = await replay(worker, readers, Selection(error_group="ValueError: planted"), dry_run=dry_run)
        assert (report.succeeded, report.failed) == (1, 0)
        assert await daily(acme.org_id) == expected


@pytest.mark.parametrize("type_", REACTIONS.event_types)
async def test_the_golden_sample_of_each_event_is_counted(type_, deliver, rows, clock):
    envelope = sample(REACTIONS.find(type_).model).model_copy(
        update={"id": new_id(), "time": clock.now() - timedelta(1)}
    )
    await deliver(envelope)
    assert await rows("SELECT 1 FROM analytics_events WHERE event_id = $1 AND name = $2", envelope.id, type_)
    assert await rows("SELECT error FROM failed_messages WHERE event_id = $1", envelope.id) == []
