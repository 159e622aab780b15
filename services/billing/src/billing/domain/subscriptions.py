"""A subscription as Stripe tells it, and what it means to us."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from billing.domain.plans import Catalogue, Entitlements, Interval
from contracts.billing import SubscriptionStatus

PAID_FOR: frozenset[SubscriptionStatus] = frozenset({"active", "past_due"})
"""What counts as revenue: a payment that is being retried is not lost yet."""

ENTITLING: frozenset[SubscriptionStatus] = PAID_FOR | {"trialing"}
ENDED: frozenset[SubscriptionStatus] = frozenset({"canceled", "incomplete_expired"})

_STATUSES: dict[str, SubscriptionStatus] = {
    status: status
    for status in (
        "incomplete", "incomplete_expired", "trialing", "active", "past_due", "canceled", "unpaid", "paused"
    )
}  # fmt: skip
_INTERVALS: dict[str, Interval] = {"month": "month", "year": "year"}


class Unreadable(ValueError):
    """An object of Stripe's that is not as we sell it; the message says in what."""


@dataclass(frozen=True)
class SubscriptionState:
    """All that our books hold of a subscription; equal states need no event."""

    stripe_id: str
    stripe_item: str
    plan: str
    plan_version: int
    interval: Interval
    seats: int
    status: SubscriptionStatus
    mrr: int
    currency: str
    current_period_start: datetime
    current_period_end: datetime
    trial_end: datetime | None
    cancel_at_period_end: bool
    canceled_at: datetime | None
    started_at: datetime


@dataclass(frozen=True)
class SubscriptionObject:
    """A Stripe subscription, read: whose it is by the marks we left on it, and its state."""

    state: SubscriptionState
    customer: str
    organization_id: UUID | None
    subscription_id: UUID | None
    operation_id: UUID | None


def read_subscription(raw: dict[str, Any], catalogue: Catalogue) -> SubscriptionObject:
    """From Stripe's JSON. Raises Unreadable for what we do not sell or do not know."""
    try:
        metadata = raw.get("metadata") or {}
        return SubscriptionObject(
            state=_state(raw, catalogue),
            customer=reference(raw["customer"]),
            organization_id=uuid_or_none(metadata.get("organization_id")),
            subscription_id=uuid_or_none(metadata.get("subscription_id")),
            operation_id=uuid_or_none(metadata.get("operation_id")),
        )
    except (KeyError, TypeError, IndexError) as error:
        raise Unreadable(f"subscription {raw.get('id')}: {error!r}") from error


def _state(raw: dict[str, Any], catalogue: Catalogue) -> SubscriptionState:
    items = raw["items"]["data"]
    if len(items) != 1:
        raise Unreadable(f"subscription {raw['id']} has {len(items)} items, we sell with one")
    item, price = items[0], items[0]["price"]
    plan, version = _plan_of(price)
    interval = _INTERVALS[price["recurring"]["interval"]]
    sold = catalogue.version(plan, version)
    status = _STATUSES[raw["status"]]
    quantity = item.get("quantity") or 1
    return SubscriptionState(
        stripe_id=raw["id"],
        stripe_item=item["id"],
        plan=plan,
        plan_version=version,
        interval=interval,
        seats=quantity if sold.per_seat else sold.seats,
        status=status,
        mrr=monthly(price["unit_amount"] * quantity, interval) if status in PAID_FOR else 0,
        currency=price["currency"],
        current_period_start=instant(item["current_period_start"]),
        current_period_end=instant(item["current_period_end"]),
        trial_end=instant_or_none(raw.get("trial_end")),
        cancel_at_period_end=bool(raw.get("cancel_at_period_end")),
        canceled_at=instant_or_none(raw.get("canceled_at")),
        started_at=instant(raw["created"]),
    )


def _plan_of(price: dict[str, Any]) -> tuple[str, int]:
    metadata = price.get("metadata") or {}
    try:
        return metadata["plan"], int(metadata["version"])
    except (KeyError, ValueError):
        raise Unreadable(f"price {price['id']} is none of the catalogue's") from None


def monthly(amount: int, interval: Interval) -> int:
    """A period's charge as monthly recurring revenue: whole minor units, a half rounded up."""
    return amount if interval == "month" else (2 * amount + 12) // 24


def entitlements_of(state: SubscriptionState | None, catalogue: Catalogue) -> Entitlements:
    """What the organization's subscription entitles to; without one that counts, what everybody may use."""
    if state is None or state.status not in ENTITLING:
        return catalogue.free()
    return catalogue.entitlements(state.plan, state.plan_version, state.seats)


def reference(value: Any) -> str:
    """The id of an object that may have been expanded."""
    return str(value["id"]) if isinstance(value, dict) else str(value)


def uuid_or_none(text: Any) -> UUID | None:
    """An id of ours, if it is one."""
    try:
        return UUID(text)
    except (TypeError, ValueError, AttributeError):
        return None


def instant(seconds: int) -> datetime:
    """Stripe counts seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def instant_or_none(seconds: int | None) -> datetime | None:
    """As `instant`, where there is one."""
    return None if seconds is None else instant(seconds)
