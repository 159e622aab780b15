"""A snapshot fills what notifier knows and tells nobody, whatever arrives when."""

import random

import pytest

from chassis.database import Context
from contracts.ids import new_id
from contracts.teams import MemberJoinedV1, MemberRemovedV1, OrganizationUpdatedV1, UserUpdatedV1

EVENT_OF = {"user": UserUpdatedV1, "organization": OrganizationUpdatedV1}


class Heard:
    """Keeps what would go to open sockets after the commit."""

    def __init__(self):
        self.signals = []

    async def publish(self, signals):
        self.signals += signals


def founding(story, person):
    """Ada founds Acme; Grace joins and becomes admin; Linus joins and leaves."""
    ada, grace, linus = (person(name) for name in ("Ada", "Grace", "Linus"))
    tale = story()
    for somebody in (ada, grace, linus):
        tale.registered(somebody)
    tale.founded(ada)
    tale.joined(grace, invited_by=ada)
    tale.joined(linus, invited_by=grace)
    tale.changed(grace, "admin", by=ada)
    tale.removed(linus, by=linus)
    return tale, (ada, grace, linus)


def snapshot_of(tale):
    """What teams would send: each aggregate's newest state under the type that states have."""
    newest = {}
    for envelope in tale.events:
        if envelope.sequence > newest.get(envelope.subject, (0,))[0]:
            newest[envelope.subject] = (envelope.sequence, as_snapshot(envelope))
    return [envelope for _, envelope in newest.values()]


def as_snapshot(envelope):
    if "state" in envelope.data:
        model = MemberJoinedV1 if envelope.data["state"] == "active" else MemberRemovedV1
    else:
        model = EVENT_OF[envelope.type.split(".")[0]]
    marked = {
        "id": new_id(),
        "type": model.type,
        "dataschema": f"https://objectalabs.dev/schemas/{model.type}/v1",
        "snapshot": True,
        "traceparent": None,
    }
    return envelope.model_copy(update=marked)


async def known(tale, rows):
    """The three projections as far as this story goes: of each membership the version that counts now."""
    people = [envelope.data["user_id"] for envelope in tale.events if envelope.type == "user.registered"]
    return (
        await rows("SELECT * FROM people WHERE user_id = ANY ($1::uuid[]) ORDER BY user_id", people),
        await rows("SELECT * FROM organizations WHERE org_id = $1", tale.org_id),
        await rows(
            "SELECT DISTINCT ON (membership_id) * FROM memberships WHERE org_id = $1 "
            "ORDER BY membership_id, sequence DESC",
            tale.org_id,
        ),
    )


async def told(tale, rows):
    query = "SELECT id, event_id, user_id FROM notifications WHERE org_id = $1 OR event_id = ANY ($2) ORDER BY id"
    return await rows(query, tale.org_id, [envelope.id for envelope in tale.events])


@pytest.fixture
def forget(worker):
    async def empty(tale):
        async with worker.transaction(Context(actor="system:test")) as tx:
            for table in ("organizations", "memberships"):
                await tx.execute(f"DELETE FROM {table} WHERE org_id = $1", tale.org_id)
            people = [envelope.data["user_id"] for envelope in tale.events if envelope.type == "user.registered"]
            await tx.execute("DELETE FROM people WHERE user_id = ANY ($1::uuid[])", people)

    return empty


async def test_what_was_forgotten_is_known_again_and_nobody_is_told_twice(story, person, deliver, rows, forget):
    tale, _ = founding(story, person)
    await deliver(*tale.events)
    before, notifications = await known(tale, rows), await told(tale, rows)
    assert notifications
    await forget(tale)
    live = Heard()
    await deliver(*snapshot_of(tale), live=live)
    assert await known(tale, rows) == before
    assert await told(tale, rows) == notifications
    assert live.signals == []


async def test_a_notifier_that_was_not_there_tells_nothing_of_what_was_before(story, person, deliver, rows):
    tale, _ = founding(story, person)
    live = Heard()
    await deliver(*snapshot_of(tale), live=live)
    assert [len(table) for table in await known(tale, rows)] == [3, 1, 3]
    assert (await told(tale, rows), live.signals) == ([], [])
    assert await rows("SELECT * FROM notification_sources WHERE org_id = $1", tale.org_id) == []


@pytest.mark.parametrize("seed", range(12))
async def test_what_happens_meanwhile_is_told_once_wherever_the_snapshot_falls(seed, story, person, deliver, rows):
    """Joan joins while the snapshot arrives: owner and admin hear of it, also where they become known after it."""
    tale, (ada, grace, _) = founding(story, person)
    states = snapshot_of(tale)
    joan = person("Joan")
    meanwhile = [tale.registered(joan), tale.joined(joan, invited_by=ada)]
    shuffled = random.Random(seed)
    arriving = states + meanwhile + shuffled.choices(states, k=4)
    shuffled.shuffle(arriving)
    for first in range(0, len(arriving), 3):
        await deliver(*arriving[first : first + 3])
    heard = [(row["event_id"], row["user_id"]) for row in await told(tale, rows)]
    assert sorted(heard) == sorted([(meanwhile[1].id, ada.user_id), (meanwhile[1].id, grace.user_id)])


async def test_a_snapshot_older_than_what_is_known_changes_nothing(story, person, deliver, rows):
    tale, (ada, grace, _) = founding(story, person)
    states = snapshot_of(tale)
    tale.changed(grace, "viewer", by=ada)
    await deliver(*tale.events)
    before = await known(tale, rows)
    await deliver(*states)
    assert await known(tale, rows) == before
