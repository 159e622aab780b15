"""Holders of an organization's own roles hear of what their role lets them answer for."""

import random

import pytest

from chassis.database import Context
from contracts.billing import SubscriptionUpdatedV1
from contracts.ids import new_id
from services.notifier.tests.test_billing_news import subscription


@pytest.fixture
def company(story, person):
    """Ada owns Acme; Rita recruits, Fay pays: each by a role of Acme's own."""
    tale, ada, rita, fay = story(), person("Ada"), person("Rita"), person("Fay")
    recruiter, payer = new_id(), new_id()
    tale.founded(ada)
    tale.role(recruiter, "invitations:create", "members:read")
    tale.role(payer, "billing:update")
    tale.joined(rita, str(recruiter), invited_by=ada)
    tale.joined(fay, str(payer), invited_by=ada)
    return tale, {"ada": ada, "rita": rita, "fay": fay}, recruiter


@pytest.fixture
def readers(heard, company):
    async def look(event):
        _, people, _ = company
        names = {person.user_id: name for name, person in people.items()}
        return sorted(names[user_id] for _, user_id in await heard([event]))

    return look


def plan_changed(tale):
    return tale.state(
        subscription(SubscriptionUpdatedV1, tale.org_id, previous_plan="free", previous_status="active"), 2
    )


async def test_the_audience_follows_permissions(company, person, deliver, readers):
    tale, people, _ = company
    guest = person("Guest")
    joined = tale.joined(guest, "viewer", invited_by=people["ada"])
    removed = tale.removed(guest, by=guest)
    paid = plan_changed(tale)
    await deliver(*tale.events)
    assert await readers(joined) == ["ada", "rita"]
    assert await readers(removed) == ["ada"]
    assert await readers(paid) == ["ada", "fay"]


async def test_what_counts_is_what_the_role_allowed_then(company, person, deliver, readers):
    tale, people, recruiter = company
    before = tale.joined(person("One"), "viewer", invited_by=people["ada"])
    tale.role(recruiter, "members:read", sequence=2)
    between = tale.joined(person("Two"), "viewer", invited_by=people["ada"])
    tale.role(recruiter, "members:read", "invitations:create", sequence=3)
    after = tale.joined(person("Three"), "viewer", invited_by=people["ada"])
    await deliver(*reversed(tale.events))
    assert [await readers(event) for event in (before, between, after)] == [["ada", "rita"], ["ada"], ["ada", "rita"]]


async def test_a_deleted_role_lets_nobody_hear(company, person, deliver, readers):
    tale, people, recruiter = company
    tale.role_deleted(recruiter, "invitations:create", sequence=2)
    joined = tale.joined(person("One"), "viewer", invited_by=people["ada"])
    await deliver(*tale.events)
    assert await readers(joined) == ["ada"]


@pytest.mark.parametrize("seed", range(12))
async def test_in_any_order_with_any_duplication_they_hear_once(seed, company, person, deliver, heard):
    tale, people, recruiter = company
    joined = tale.joined(person("One"), "viewer", invited_by=people["ada"])
    tale.role(recruiter, "members:read", sequence=2)
    unheard = tale.joined(person("Two"), "viewer", invited_by=people["ada"])
    shuffled = random.Random(seed)
    arriving = tale.events + shuffled.choices(tale.events, k=4)
    shuffled.shuffle(arriving)
    for first in range(0, len(arriving), 3):
        await deliver(*arriving[first : first + 3])
    ada, rita = people["ada"].user_id, people["rita"].user_id
    expected = {(joined.id, ada), (joined.id, rita), (unheard.id, ada)}
    told = await heard([joined, unheard])
    assert len(told) == len(set(told))
    # Who is told before their role's change is known keeps what they were told.
    assert expected <= set(told) <= expected | {(unheard.id, rita)}


async def test_a_snapshot_brings_roles_back_and_tells_nobody_again(  # noqa: PLR0917
    company, person, deliver, readers, rows, worker
):
    tale, people, _ = company
    first = tale.joined(person("One"), "viewer", invited_by=people["ada"])
    await deliver(*tale.events)
    query = "SELECT * FROM custom_roles WHERE org_id = $1 ORDER BY role_id"
    before = await rows(query, tale.org_id)
    async with worker.transaction(Context(actor="system:test")) as tx:
        await tx.execute("DELETE FROM custom_roles WHERE org_id = $1", tale.org_id)
    states = [event for event in tale.events if event.type == "role.created"]
    await deliver(*[state.model_copy(update={"id": new_id(), "snapshot": True}) for state in states])
    assert len(before) == 2
    assert await rows(query, tale.org_id) == before
    assert await readers(first) == ["ada", "rita"]
    second = tale.joined(person("Two"), "viewer", invited_by=people["ada"])
    await deliver(second)
    assert await readers(second) == ["ada", "rita"]
