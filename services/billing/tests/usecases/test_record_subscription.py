"""A subscription as Stripe tells it, in the books and as events."""

import asyncio

from billing.usecases.record_subscription import Recorded


async def test_the_first_sight_creates_it_and_says_what_it_entitles_to(customer, see, told):
    assert await see(customer.subscription()) is Recorded.DONE
    (created, _, subscription), (changed, sequence, entitlements) = await told(customer.org_id)
    assert (created, changed, sequence) == ("subscription.created", "entitlements.changed", 1)
    assert subscription["subscription_id"] == str(customer.subscription_id)
    assert (subscription["plan"], subscription["mrr"]) == ("free", {"amount": 0, "currency": "usd"})
    assert (entitlements["plan"], entitlements["seats"]) == ("free", 5)


async def test_another_plan_is_an_update_with_its_revenue_and_other_entitlements(customer, see, told):
    await see(customer.subscription())
    await see(customer.subscription("pro", 3), 1)
    (updated, sequence, subscription), (changed, version, entitlements) = (await told(customer.org_id))[2:]
    assert (updated, sequence, changed, version) == ("subscription.updated", 2, "entitlements.changed", 2)
    assert (subscription["previous_plan"], subscription["plan"]) == ("free", "pro")
    assert subscription["mrr"] == {"amount": 14700, "currency": "usd"}
    assert (entitlements["seats"], entitlements["limits"]["retention_days"]) == (3, 365)


async def test_what_was_told_before_tells_nothing_anew(customer, see, told):
    await see(customer.subscription())
    assert await see(customer.subscription(), 0) is Recorded.DONE
    assert await see(customer.subscription(), 9) is Recorded.DONE
    assert len(await told(customer.org_id)) == 2


async def test_an_older_state_never_replaces_a_newer(customer, see, told):
    await see(customer.subscription("pro", 3), 10)
    assert await see(customer.subscription(), 9) is Recorded.REFETCH
    assert await see(customer.subscription(), 10) is Recorded.REFETCH
    assert len(await told(customer.org_id)) == 2


async def test_a_fetched_state_replaces_one_of_the_same_second(customer, see, told):
    await see(customer.subscription("pro", 3), 10)
    assert await see(customer.subscription("pro", 4), 10, fetched_over=1) is Recorded.DONE
    assert await see(customer.subscription("pro", 5), 10, fetched_over=1) is Recorded.REFETCH
    assert (await told(customer.org_id))[-1][2]["seats"] == 4


async def test_when_it_ends_free_follows(customer, see, told, rows):
    await see(customer.subscription("pro", 3))
    ended = customer.subscription("pro", 3, status="canceled", canceled_at=customer.now + 1)
    await see(ended, 1)
    events = await told(customer.org_id)
    assert [event[0] for event in events[2:]] == ["subscription.canceled", "entitlements.changed"]
    assert events[-1][2]["plan"] == "free"
    intents = await rows("SELECT kind FROM operations WHERE org_id = $1 ORDER BY id", customer.org_id)
    assert [intent["kind"] for intent in intents] == ["create_customer", "create_subscription"]


async def test_seen_at_once_by_an_event_and_an_answer_it_is_created_once(customer, see, told):
    raw = customer.subscription()
    await asyncio.gather(*(see(raw) for _ in range(4)))
    assert [event[0] for event in await told(customer.org_id)] == ["subscription.created", "entitlements.changed"]


async def test_somebody_elses_customer_is_foreign(customer, see, stripe_tells):
    await see(customer.subscription())
    stranger = stripe_tells()
    assert await see(stranger.subscription()) is Recorded.FOREIGN
    marked = customer.subscription() | {"customer": "cus_other", "id": "sub_other"}
    assert await see(marked) is Recorded.FOREIGN, "an organization has one customer, whatever metadata says"
