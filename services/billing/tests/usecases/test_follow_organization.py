"""The end of an organization ends what is paid for, and its return takes exactly that back."""

import pytest

from billing.usecases.follow_organization import follow_deletion, follow_restoration
from chassis.database import Context
from chassis.problems import Conflict


@pytest.fixture
def tell(worker):
    async def follow(use_case, org_id, sequence) -> None:
        async with worker.transaction(Context(actor="user:x", org_id=org_id)) as tx:
            await use_case(tx, org_id, sequence)

    return follow


@pytest.fixture
def intents(rows):
    """What was intended about the end of the subscription, in order."""

    async def look(org_id) -> list[str]:
        found = await rows(
            "SELECT parameters->>'cancel' AS cancel FROM operations WHERE org_id = $1 AND kind = 'set_cancellation'"
            " ORDER BY id",
            org_id,
        )
        return [row["cancel"] for row in found]

    return look


@pytest.fixture
async def paying(customer, see, worker):
    """A customer on Pro with nothing on its way."""
    async with worker.transaction(Context(actor="system:test")) as tx:
        await tx.execute(
            "UPDATE accounts SET stripe_customer = $2 WHERE org_id = $1", customer.org_id, customer.customer
        )
    await see(customer.subscription("pro", 3))
    await settle(worker, customer)
    return customer


async def settle(worker, customer) -> None:
    async with worker.transaction(Context(actor="system:test")) as tx:
        await tx.execute("UPDATE operations SET state = 'succeeded' WHERE org_id = $1", customer.org_id)


async def test_it_ends_with_the_period_and_goes_on_after_all(paying, worker, see, tell, intents):
    org_id = paying.org_id
    await tell(follow_deletion, org_id, 4)
    await tell(follow_deletion, org_id, 4)
    assert await intents(org_id) == ["true"]
    with pytest.raises(Conflict):
        await tell(follow_restoration, org_id, 5)
    await settle(worker, paying)
    await see(paying.subscription("pro", 3, cancel_at_period_end=True), 5)
    await tell(follow_restoration, org_id, 5)
    await tell(follow_restoration, org_id, 5)
    assert await intents(org_id) == ["true", "false"]


async def test_a_later_word_that_comes_first_stays(paying, tell, intents):
    await tell(follow_restoration, paying.org_id, 5)
    await tell(follow_deletion, paying.org_id, 4)
    assert await intents(paying.org_id) == []


async def test_what_the_owner_had_ended_stays_ended(paying, see, tell, intents):
    await see(paying.subscription("pro", 3, cancel_at_period_end=True), 5)
    await tell(follow_deletion, paying.org_id, 4)
    await tell(follow_restoration, paying.org_id, 5)
    assert await intents(paying.org_id) == []


async def test_free_has_nothing_to_end(customer, see, tell, intents):
    await see(customer.subscription())
    await tell(follow_deletion, customer.org_id, 4)
    assert await intents(customer.org_id) == []
