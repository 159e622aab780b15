"""An invoice as Stripe tells it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from billing.domain.subscriptions import Unreadable, instant, reference, uuid_or_none

InvoiceStatus = Literal["draft", "open", "paid", "uncollectible", "void"]
_STATUSES: dict[str, InvoiceStatus] = {
    "draft": "draft", "open": "open", "paid": "paid", "uncollectible": "uncollectible", "void": "void"
}  # fmt: skip


@dataclass(frozen=True)
class InvoiceState:
    """All that our books hold of an invoice. Amounts are in minor units."""

    stripe_id: str
    number: str | None
    status: InvoiceStatus
    total: int
    paid: int
    currency: str
    attempt_count: int
    period_start: datetime
    period_end: datetime
    created_at: datetime
    hosted_url: str | None
    pdf_url: str | None


@dataclass(frozen=True)
class InvoiceObject:
    """A Stripe invoice, read: whose it is, and its state."""

    state: InvoiceState
    customer: str
    organization_id: UUID | None


def read_invoice(raw: dict[str, Any]) -> InvoiceObject:
    """From Stripe's JSON. Raises Unreadable."""
    try:
        details = ((raw.get("parent") or {}).get("subscription_details")) or {}
        return InvoiceObject(
            state=_state(raw),
            customer=reference(raw["customer"]),
            organization_id=uuid_or_none((details.get("metadata") or {}).get("organization_id")),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"invoice {raw.get('id')}: {error!r}") from error


def _state(raw: dict[str, Any]) -> InvoiceState:
    return InvoiceState(
        stripe_id=raw["id"],
        number=raw.get("number"),
        status=_STATUSES[raw["status"]],
        total=raw["total"],
        paid=raw["amount_paid"],
        currency=raw["currency"],
        attempt_count=raw.get("attempt_count") or 0,
        period_start=instant(raw["period_start"]),
        period_end=instant(raw["period_end"]),
        created_at=instant(raw["created"]),
        hosted_url=raw.get("hosted_invoice_url"),
        pdf_url=raw.get("invoice_pdf"),
    )


def announces_failure(state: InvoiceState, failed_attempt: bool, announced: int) -> bool:
    """Whether a failed attempt is still worth telling: once an attempt, and not once it is settled.

    `announced` is the highest attempt that was told.
    """
    return failed_attempt and state.status in ("open", "uncollectible") and state.attempt_count > announced
