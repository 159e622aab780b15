"""A snapshot says what the newest event of each aggregate said."""

from datetime import timedelta

import pytest

from billing.domain.invoices import read_invoice
from billing.domain.observations import Seen
from billing.domain.subscriptions import instant, read_subscription
from billing.snapshots import SNAPSHOTS
from billing.usecases.open_account import open_account
from billing.usecases.record_invoice import record_invoice
from billing.usecases.record_subscription import record_subscription
from chassis.backfill import states
from chassis.database import Context
from contracts.envelope import Envelope

TEST = Context(actor="system:test")
TYPES = set().union(*(aggregate.types for aggregate in SNAPSHOTS))


@pytest.fixture
async def customers(worker, catalogue, stripe_tells):
    """One on Pro, one whose plan has ended, one with nothing yet."""
    kept, ended, fresh = stripe_tells(), stripe_tells(), stripe_tells()
    async with worker.transaction(TEST) as tx:
        for one in (kept, ended, fresh):
            await open_account(tx, one.org_id, "Acme")
        for second, raw in enumerate((kept.subscription(), kept.subscription("pro", 3), ended.subscription("pro", 2))):
            seen = Seen(instant(raw["created"]) + timedelta(seconds=second))
            await record_subscription(tx, read_subscription(raw, catalogue), seen, catalogue)
        end = read_subscription(ended.subscription("pro", 2, status="canceled"), catalogue)
        await record_subscription(tx, end, Seen(instant(kept.now + 9)), catalogue)
        await record_invoice(tx, read_invoice(kept.invoice("paid")), Seen(instant(kept.now)))
        await record_invoice(tx, read_invoice(kept.invoice("draft", id="in_draft")), Seen(instant(kept.now)))
    return kept, ended, fresh


async def test_each_aggregate_is_as_its_newest_event_says(worker, customers, told):
    sent = {
        envelope.subject: envelope
        async for batch in states(worker, SNAPSHOTS, TYPES, batch=2)
        for envelope in (Envelope.model_validate_json(parcel.body) for parcel in batch)
    }
    newest = {}
    for customer in customers:
        for type_, sequence, data in await told(customer.org_id):
            identity = {"s": "subscription_id", "i": "invoice_id", "e": "organization_id"}[type_[0]]
            newest[data[identity]] = (sequence, data)
    assert set(sent) == set(newest)
    before = {"previous_plan", "previous_status"}
    for subject, (sequence, data) in newest.items():
        assert sent[subject].sequence == sequence
        assert {k: v for k, v in sent[subject].data.items() if k not in before} == {
            k: v for k, v in data.items() if k not in before
        }
