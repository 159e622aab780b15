"""The journal of intents: what is about to happen at Stripe, and when it is tried again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

OperationState = Literal["pending", "succeeded", "failed"]

KEY_LIFETIME = timedelta(hours=23)
"""Stripe forgets idempotency keys after 24 hours: an older one would make a second object."""

_FIRST_WAIT, _LONGEST_WAIT = 1.0, 300.0


class Kind(StrEnum):
    """What may be intended."""

    CREATE_CUSTOMER = "create_customer"
    CREATE_SUBSCRIPTION = "create_subscription"
    CHANGE_SUBSCRIPTION = "change_subscription"
    SET_CANCELLATION = "set_cancellation"
    DELETE_CUSTOMER = "delete_customer"


PAYMENT_DECLINED = "payment_declined"
STRIPE_REFUSED = "stripe_refused"

ASKED_FOR = frozenset({Kind.CHANGE_SUBSCRIPTION, Kind.SET_CANCELLATION})
"""A person waits for these and can ask again: a refusal ends them. The others are tried until they succeed."""


@dataclass(frozen=True)
class Operation:
    """One intent. `parameters` are JSON values and never change, so that every attempt sends the same request."""

    id: UUID
    org_id: UUID
    kind: Kind
    parameters: dict[str, Any]
    state: OperationState
    generation: int
    look_first: bool
    attempts: int
    first_tried_at: datetime | None
    last_tried_at: datetime | None
    error_code: str | None
    error_detail: str | None
    actor: str
    correlation_id: str
    traceparent: str | None
    created_at: datetime
    finished_at: datetime | None

    def key(self, step: str) -> str:
        """The idempotency key of one call."""
        return f"{self.id}/{self.generation}/{step}"

    def must_look_first(self, now: datetime) -> bool:
        """Whether the key proves nothing any more: it may have expired, or it holds a recorded failure of Stripe's."""
        expired = self.first_tried_at is not None and now - self.first_tried_at > KEY_LIFETIME
        return self.look_first or expired


def wait_after(attempts: int, random: float) -> timedelta:
    """How long until the next try: doubling from a second to five minutes, `random` (0..1) spreading it by half."""
    seconds = min(_FIRST_WAIT * 2 ** min(attempts, 12), _LONGEST_WAIT)
    return timedelta(seconds=seconds * (0.5 + random / 2))


RETRY_WEBHOOK_AFTER = tuple(timedelta(seconds=seconds) for seconds in (5, 60, 600, 3600, 6 * 3600))
"""As every message's: after the last one it is dead."""
