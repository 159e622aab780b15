"""Observations of Stripe's objects, recorded as the worker does."""

from datetime import timedelta

import pytest

from billing.domain.invoices import read_invoice
from billing.domain.observations import Seen
from billing.domain.subscriptions import instant, read_subscription
from billing.usecases.open_account import open_account
from billing.usecases.record_invoice import record_invoice
from billing.usecases.record_subscription import record_subscription
from chassis.database import Context

CONTEXT = Context(actor="system:test")


@pytest.fixture
async def customer(stripe_tells, worker):
    """Stripe's account of an organization that has an account here and nothing else."""
    one = stripe_tells()
    async with worker.transaction(CONTEXT) as tx:
        await open_account(tx, one.org_id, "Acme")
    return one


@pytest.fixture
def see(worker, catalogue):
    """Record an object as seen so many seconds after the start."""

    async def record(raw, second=0, *, fetched_over=None, **how):
        seen = Seen(instant(raw["created"]) + timedelta(seconds=second), fetched_over)
        async with worker.transaction(CONTEXT) as tx:
            if raw["object"] == "invoice":
                return await record_invoice(tx, read_invoice(raw), seen, **how)
            return await record_subscription(tx, read_subscription(raw, catalogue), seen, catalogue)

    return record
