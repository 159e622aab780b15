"""An invoice as Stripe tells it, in the books and as events."""

from billing.usecases.record_subscription import Recorded


async def test_issued_and_then_paid_are_two_facts(customer, see, told):
    await see(customer.invoice("draft"))
    await see(customer.invoice("open"), 1)
    await see(customer.invoice("paid", attempt_count=1), 2)
    events = await told(customer.org_id)
    assert [event[0] for event in events] == ["invoice.finalized", "invoice.paid"]
    assert events[0][2]["invoice_id"] == events[1][2]["invoice_id"]
    assert events[1][1] > events[0][1]
    assert events[1][2]["paid"] == {"amount": 14700, "currency": "usd"}


async def test_paid_at_first_sight_is_both_facts_each_with_its_own_version(customer, see, told):
    await see(customer.invoice("paid"))
    assert [event[:2] for event in await told(customer.org_id)] == [("invoice.finalized", 1), ("invoice.paid", 2)]


async def test_a_failed_attempt_is_told_once(customer, see, told):
    failed = customer.invoice("open", attempt_count=1)
    await see(failed, 1, failed_attempt=True)
    await see(failed, 1, failed_attempt=True)
    await see(customer.invoice("open", attempt_count=2), 2, failed_attempt=True)
    events = [event for event in await told(customer.org_id) if event[0] == "invoice.payment_failed"]
    assert [event[2]["attempt_count"] for event in events] == [1, 2]


async def test_a_failure_heard_after_the_payment_is_not_told(customer, see, told):
    await see(customer.invoice("paid", attempt_count=2), 5)
    assert await see(customer.invoice("open", attempt_count=1), 3, failed_attempt=True) is Recorded.REFETCH
    await see(customer.invoice("paid", attempt_count=2), 6, fetched_over=2, failed_attempt=True)
    assert [event[0] for event in await told(customer.org_id)] == ["invoice.finalized", "invoice.paid"]


async def test_a_strangers_invoice_is_foreign(see, stripe_tells):
    assert await see(stripe_tells().invoice()) is Recorded.FOREIGN
