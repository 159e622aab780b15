import asyncio
import json
import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.golden_samples import sample
from contracts.ids import new_id
from notifier.app import REACTIONS
from notifier.live import Invalidation, Push


class Heard:
    """Keeps what would go to open sockets after the commit."""

    def __init__(self):
        self.signals = []

    async def publish(self, signals):
        self.signals += signals


def acme(story, person):
    """Ada founds Acme, Grace joins and becomes admin, invites Linus, is removed; Joan joins."""
    ada, grace, linus, joan = (person(name) for name in ("Ada", "Grace", "Linus", "Joan"))
    tale = story()
    founded = tale.founded(ada)
    grace_joined = tale.joined(grace, invited_by=ada)
    promoted = tale.changed(grace, "admin", by=ada)
    linus_joined = tale.joined(linus, invited_by=grace)
    removed = tale.removed(grace, by=ada)
    joan_joined = tale.joined(joan, invited_by=ada)
    left = tale.removed(linus, by=linus)
    expected = {
        (grace_joined.id, ada.user_id),
        (promoted.id, grace.user_id),
        (linus_joined.id, ada.user_id),
        (linus_joined.id, grace.user_id),
        (removed.id, grace.user_id),
        (joan_joined.id, ada.user_id),
        (left.id, ada.user_id),
    }
    assert founded in tale.events
    return tale, expected


async def test_in_order_everybody_hears_what_concerns_them(story, person, deliver, heard):
    tale, expected = acme(story, person)
    for event in tale.events:
        await deliver(event)
    assert sorted(await heard(tale.events)) == sorted(expected)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), batch=st.integers(1, 12))
async def test_in_any_order_with_any_duplication_all_of_them_hear_once(  # noqa: PLR0917
    seed, batch, story, person, deliver, heard, rows
):
    tale, expected = acme(story, person)
    shuffled = random.Random(seed)
    arriving = tale.events + shuffled.choices(tale.events, k=6)
    shuffled.shuffle(arriving)
    for first in range(0, len(arriving), batch):
        await deliver(*arriving[first : first + batch])
    told = await heard(tale.events)
    assert set(Counter(told).values()) == {1}
    assert expected <= set(told)
    await _states_are_the_last(tale, rows)
    await _cursors_are_consecutive({user for _, user in told}, rows)


async def _states_are_the_last(tale, rows):
    newest = {}
    for envelope in tale.events:
        if "membership_id" in envelope.data:
            newest[envelope.subject] = (envelope.sequence, envelope.data["role"], envelope.data["state"])
    found = await rows(
        "SELECT DISTINCT ON (membership_id) membership_id, sequence, role, state FROM memberships WHERE org_id = $1 "
        "ORDER BY membership_id, sequence DESC",
        tale.org_id,
    )
    assert {str(r["membership_id"]): (r["sequence"], r["role"], r["state"]) for r in found} == newest
    waiting = await rows("SELECT event_id FROM notification_sources WHERE org_id = $1 AND told_at IS NULL", tale.org_id)
    assert waiting == []


async def _cursors_are_consecutive(users, rows):
    for user in users:
        cursors = [r["cursor"] for r in await rows("SELECT cursor FROM notifications WHERE user_id = $1", user)]
        top = (await rows("SELECT top FROM user_streams WHERE user_id = $1", user))[0]["top"]
        assert sorted(cursors) == list(range(1, top + 1))


async def test_an_owner_whose_own_event_comes_late_hears_then(story, person, deliver, heard):
    ada, grace = person("Ada"), person("Grace")
    tale = story()
    founded = tale.founded(ada)
    created = tale.events[0]
    joined = tale.joined(grace, invited_by=ada)
    await deliver(created)
    await deliver(joined)
    assert await heard([joined]) == []
    await deliver(founded)
    assert await heard([joined]) == [(joined.id, ada.user_id)]


async def test_an_owner_of_later_hears_nothing_of_before(story, person, deliver, heard):
    ada, grace, joan = person("Ada"), person("Grace"), person("Joan")
    tale = story()
    tale.founded(ada)
    joined = tale.joined(grace, invited_by=ada)
    tale.joined(joan, "admin", invited_by=ada)
    await deliver(*tale.events)
    assert await heard([joined]) == [(joined.id, ada.user_id)]


async def test_an_event_waits_for_its_organization(story, person, deliver, heard, rows):
    ada, grace = person("Ada"), person("Grace")
    tale = story("Waiting & Co")
    tale.founded(ada)
    joined = tale.joined(grace, invited_by=ada)
    created, *rest = tale.events
    await deliver(*rest)
    assert await heard([joined]) == []
    live = Heard()
    await deliver(created, live=live)
    assert await heard([joined]) == [(joined.id, ada.user_id)]
    found = await rows("SELECT title FROM notifications WHERE event_id = $1", joined.id)
    assert found[0]["title"] == "Grace joined Waiting & Co"
    assert [signal.user_id for signal in live.signals if isinstance(signal, Push)] == [ada.user_id]


async def test_the_removed_person_hears_outside_the_organization(story, person, deliver, rows):
    ada, grace = person("Ada"), person("Grace")
    tale = story()
    tale.founded(ada)
    tale.joined(grace, invited_by=ada)
    removed = tale.removed(grace, by=ada)
    await deliver(*tale.events)
    found = await rows("SELECT user_id, org_id, title FROM notifications WHERE event_id = $1", removed.id)
    assert found == [{"user_id": grace.user_id, "org_id": None, "title": "You were removed from Acme"}]


async def test_a_newer_person_is_never_replaced_by_an_older(story, person, deliver, rows):
    ada = person("Ada")
    tale = story()
    old = tale.registered(ada, locale="en")
    new = tale.registered(ada, locale="de", sequence=2)
    await deliver(new)
    await deliver(old)
    assert await rows("SELECT locale, sequence FROM people WHERE user_id = $1", ada.user_id) == [
        {"locale": "de", "sequence": 2}
    ]


async def test_each_notification_is_published_once(story, person, deliver, rows):
    ada, grace = person("Ada"), person("Grace")
    tale = story()
    tale.founded(ada)
    joined = tale.joined(grace, invited_by=ada)
    for _ in range(3):
        await deliver(*tale.events)
    found = await rows("SELECT body FROM outbox WHERE type = 'notification.created' AND org_id = $1", tale.org_id)
    assert len(found) == 1
    published = json.loads(found[0]["body"])
    assert published["data"]["user_id"] == str(ada.user_id)
    assert published["causationid"] == str(joined.id)
    assert published["traceparent"].split("-")[1] == joined.traceparent.split("-")[1]
    assert "Grace" not in found[0]["body"].decode()


async def test_sockets_are_told_after_the_commit_at_once(story, person, deliver):
    ada, grace = person("Ada"), person("Grace")
    tale = story()
    tale.founded(ada)
    joined = tale.joined(grace, invited_by=ada)
    live = Heard()
    await deliver(*tale.events, live=live)
    (push,) = [signal for signal in live.signals if isinstance(signal, Push)]
    frame = json.loads(push.frame)
    assert (push.user_id, push.org_id, push.cursor) == (ada.user_id, tale.org_id, 1)
    assert frame["type"] == "notification"
    assert frame["data"]["title"] == "Grace joined Acme"
    assert frame["traceparent"] == joined.traceparent
    assert live.signals.count(Invalidation(("members",), org_id=tale.org_id)) == 1


@pytest.mark.parametrize("type_", REACTIONS.event_types)
async def test_the_golden_sample_of_each_event_is_handled(type_, deliver, rows):
    envelope = sample(REACTIONS.find(type_).model).model_copy(update={"id": new_id()})
    await deliver(envelope)
    assert await rows("SELECT 1 FROM inbox WHERE event_id = $1", envelope.id)
    assert await rows("SELECT error FROM failed_messages WHERE event_id = $1", envelope.id) == []


async def test_two_workers_on_one_organization_lose_nobody(story, person, deliver, heard):

    for _ in range(10):
        tale, expected = acme(story, person)
        await asyncio.gather(*(deliver(event) for event in reversed(tale.events)))
        assert expected <= set(await heard(tale.events))
