"""Aggregates as the snapshots that events carry."""

from typing import Any

from billing.domain.plans import Entitlements
from billing.domain.subscriptions import ENDED, SubscriptionState
from billing.storage.accounts import Account
from billing.storage.invoices import Invoice
from billing.storage.subscriptions import Subscription
from chassis import outbox
from chassis.database import Tx
from contracts.billing import (
    EntitlementsChangedV1,
    InvoiceFinalizedV1,
    InvoicePaidV1,
    InvoicePaymentFailedV1,
    SubscriptionCanceledV1,
    SubscriptionCreatedV1,
    SubscriptionUpdatedV1,
)
from contracts.event import EventData
from contracts.money import Money


def subscription_state(subscription: Subscription) -> SubscriptionUpdatedV1 | SubscriptionCanceledV1:
    """The subscription as it is, for projections that come late."""
    state = subscription.state
    if state.status in ENDED:
        return SubscriptionCanceledV1(**_subscription(subscription))
    before = {"previous_plan": state.plan, "previous_status": state.status}
    return SubscriptionUpdatedV1(**_subscription(subscription), **before)


def invoice_state(invoice: Invoice) -> InvoiceFinalizedV1 | InvoicePaidV1:
    """An issued invoice as it is."""
    model = InvoicePaidV1 if invoice.state.status == "paid" else InvoiceFinalizedV1
    return model(**_invoice(invoice))


def entitlements_state(account: Account) -> EntitlementsChangedV1:
    """What an organization may use. Raises LookupError where nothing was announced yet."""
    if account.entitlements is None:
        raise LookupError("nothing was announced to this organization yet")
    return EntitlementsChangedV1(organization_id=account.org_id, **account.entitlements.model_dump())


def add_subscription_created(tx: Tx, subscription: Subscription) -> None:
    """State that an organization has a subscription."""
    _add(tx, subscription, SubscriptionCreatedV1(**_subscription(subscription)))


def add_subscription_updated(tx: Tx, subscription: Subscription, before: SubscriptionState) -> None:
    """State that something about it changed, and from what."""
    event = SubscriptionUpdatedV1(
        **_subscription(subscription), previous_plan=before.plan, previous_status=before.status
    )
    _add(tx, subscription, event)


def add_subscription_canceled(tx: Tx, subscription: Subscription) -> None:
    """State that it has ended."""
    _add(tx, subscription, SubscriptionCanceledV1(**_subscription(subscription)))


def add_invoice_finalized(tx: Tx, invoice: Invoice) -> None:
    """State that an invoice was issued."""
    _add(tx, invoice, InvoiceFinalizedV1(**_invoice(invoice)))


def add_invoice_paid(tx: Tx, invoice: Invoice) -> None:
    """State that it is settled."""
    _add(tx, invoice, InvoicePaidV1(**_invoice(invoice)))


def add_invoice_payment_failed(tx: Tx, invoice: Invoice, failure_code: str | None) -> None:
    """State that an attempt to collect failed."""
    _add(tx, invoice, InvoicePaymentFailedV1(**_invoice(invoice), failure_code=failure_code))


def add_entitlements_changed(tx: Tx, account: Account, entitlements: Entitlements, version: int) -> None:
    """State what an organization may use from now on."""
    event = EntitlementsChangedV1(organization_id=account.org_id, **entitlements.model_dump())
    outbox.add(tx, event, sequence=version, org_id=account.org_id)


def _add(tx: Tx, aggregate: Subscription | Invoice, event: EventData) -> None:
    outbox.add(tx, event, sequence=aggregate.version, org_id=aggregate.org_id)


def _subscription(subscription: Subscription) -> dict[str, Any]:
    state = subscription.state
    return {
        "subscription_id": subscription.id,
        "organization_id": subscription.org_id,
        "plan": state.plan,
        "version_of_plan": state.plan_version,
        "interval": state.interval,
        "seats": state.seats,
        "status": state.status,
        "mrr": Money(amount=state.mrr, currency=state.currency),
        "current_period_start": state.current_period_start,
        "current_period_end": state.current_period_end,
        "trial_end": state.trial_end,
        "cancel_at_period_end": state.cancel_at_period_end,
        "canceled_at": state.canceled_at,
    }


def _invoice(invoice: Invoice) -> dict[str, Any]:
    state = invoice.state
    return {
        "invoice_id": invoice.id,
        "organization_id": invoice.org_id,
        "number": state.number,
        "status": state.status,
        "total": Money(amount=state.total, currency=state.currency),
        "paid": Money(amount=state.paid, currency=state.currency),
        "attempt_count": state.attempt_count,
        "period_start": state.period_start,
        "period_end": state.period_end,
        "created_at": state.created_at,
    }
