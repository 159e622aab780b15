"""A purged organization's name is gone here and at Stripe; its books stay; said once, and only when both is so."""
# ruff: noqa: PLR0917

import pytest

from billing.consumers import REACTIONS
from chassis.inbox import Message, Reader
from chassis.problems import Conflict
from contracts.envelope import Envelope
from contracts.ids import new_id
from contracts.teams import OrganizationCreatedV1, OrganizationPurgedV1, UserDeletedV1

NOW = "2026-11-23T12:00:00Z"


@pytest.fixture
def hear(live):
    """Handle an event as the bus would bring it."""

    async def handle(event, org_id=None) -> None:
        envelope = Envelope.around(
            event, id=new_id(), source="/services/teams", time=NOW, sequence=9, actor="system:teams",
            correlationid="test", orgid=org_id,
        )  # fmt: skip
        received = Reader(REACTIONS).read(Message(envelope.to_json()))
        async with live.transaction(received.context) as tx:
            await received.handle(tx)

    return handle


@pytest.fixture
def purge(hear):
    async def say(org_id) -> None:
        await hear(OrganizationPurgedV1(organization_id=org_id, purged_at=NOW), org_id)

    return say


@pytest.fixture
def acknowledged(rows):
    async def look(subject_id) -> int:
        found = await rows(
            "SELECT 1 FROM outbox WHERE type = 'data.erased' AND position($1 IN convert_from(body, 'UTF8')) > 0",
            f'"subject":"{subject_id}"',
        )
        return len(found)

    return look


@pytest.fixture
async def booked(executor, opened, simulator):
    """An organization with a customer and a Free subscription at Stripe, and nothing on its way."""
    org_id = await opened()
    await executor.turn()
    assert len(await simulator.of("subscription", org_id)) == 1
    return org_id


async def test_the_customer_is_deleted_and_then_it_is_acknowledged(
    booked, purge, executor, simulator, acknowledged, rows
):
    await purge(booked)
    await purge(booked)
    account = (await rows("SELECT name, erased_at FROM accounts WHERE org_id = $1", booked))[0]
    assert (account["name"], account["erased_at"] is None) == ("", False)
    sent = await rows("SELECT parameters::text AS p FROM operations WHERE org_id = $1 ORDER BY id", booked)
    assert not any("Acme" in row["p"] for row in sent)
    assert await acknowledged(booked) == 0, "Stripe still has the customer"
    await executor.turn()
    assert await simulator.of("customer", booked) == []
    assert await acknowledged(booked) == 1
    await purge(booked)
    await executor.turn()
    assert await acknowledged(booked) == 1
    assert len(await rows("SELECT 1 FROM subscriptions WHERE org_id = $1", booked)) == 1, "the books stay"


@pytest.mark.parametrize("fault", ["http_500", "timeout_after_commit"])
async def test_a_failure_of_stripe_is_gone_over_again(booked, purge, executor, simulator, acknowledged, due, fault):
    await purge(booked)
    await simulator.arm(fault, method="DELETE", path="/v1/customers")
    for _ in range(3):
        await executor.turn()
        await due()
    assert await simulator.of("customer", booked) == []
    assert await acknowledged(booked) == 1


async def test_while_something_is_on_its_way_the_event_waits(opened, purge, executor, acknowledged):
    org_id = await opened()
    with pytest.raises(Conflict):
        await purge(org_id)
    await executor.turn()
    await purge(org_id)
    await executor.turn()
    assert await acknowledged(org_id) == 1


async def test_its_end_at_stripe_opens_no_free_subscription(booked, purge, executor, loop, simulator, rows, live):
    await purge(booked)
    await executor.turn()
    subscription = (await rows("SELECT stripe_id FROM subscriptions WHERE org_id = $1", booked))[0]["stripe_id"]
    ended = next(one for one in await simulator.objects("subscription") if one["id"] == subscription)
    assert ended["status"] == "canceled"
    kinds = await rows("SELECT kind FROM operations WHERE org_id = $1 AND state = 'pending'", booked)
    assert kinds == []


async def test_an_organization_never_heard_of_gets_no_account_afterwards(purge, hear, acknowledged, rows):
    org_id = new_id()
    await purge(org_id)
    assert await acknowledged(org_id) == 1
    created = OrganizationCreatedV1(
        organization_id=org_id, name="Late", slug="late", locale="en", time_zone="UTC", created_by=new_id(),
        created_at=NOW,
    )  # fmt: skip
    await hear(created, org_id)
    assert await rows("SELECT 1 FROM accounts WHERE org_id = $1", org_id) == []


async def test_of_a_person_there_is_nothing_to_erase(hear, acknowledged):
    user_id = new_id()
    await hear(UserDeletedV1(user_id=user_id, deleted_at=NOW))
    assert await acknowledged(user_id) == 1
