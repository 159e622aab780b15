"""What a stored webhook asks us to do. Decides from the bytes alone; writes nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson

from billing.domain.subscriptions import Unreadable, instant

Subject = Literal["subscription", "invoice"]


@dataclass(frozen=True)
class Observation:
    """An object as an event shows it, at the event's second."""

    subject: Subject
    raw: dict[str, Any]
    stripe_id: str
    as_of: datetime
    failed_attempt: bool


@dataclass(frozen=True)
class Ignored:
    """Nothing to do, and why."""

    reason: str


@dataclass(frozen=True)
class Quarantined:
    """Kept until somebody looks: it is of another API version than we read."""

    reason: str


def understand_webhook(body: bytes, *, api_version: str, live: bool) -> Observation | Ignored | Quarantined:
    """Raises Unreadable for what is no event of Stripe's."""
    try:
        event = orjson.loads(body)
        type_, raw = event["type"], event["data"]["object"]
        if bool(event["livemode"]) != live:
            return Ignored("other_mode")
        if event.get("api_version") != api_version:
            return Quarantined(f"API version {event.get('api_version')!s:.40}, we read {api_version}")
        subject = _subject(type_)
        if subject is None or not raw.get("id"):
            return Ignored("not_needed")
        failed = type_ == "invoice.payment_failed"
        return Observation(subject, raw, raw["id"], instant(event["created"]), failed)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"not an event of Stripe's: {error!r}") from None


def _subject(type_: str) -> Subject | None:
    if type_.startswith("customer.subscription."):
        return "subscription"
    return "invoice" if type_.startswith("invoice.") and type_ not in ("invoice.upcoming", "invoice.deleted") else None
