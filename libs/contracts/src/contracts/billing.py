"""Events that billing publishes: subscriptions, invoices, entitlements."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from contracts.event import EventData
from contracts.money import Money

SubscriptionStatus = Literal[
    "incomplete", "incomplete_expired", "trialing", "active", "past_due", "canceled", "unpaid", "paused"
]
"""As Stripe names them (https://docs.stripe.com/api/subscriptions/object#subscription_object-status)."""


class _Subscription(EventData):
    """`mrr` is the monthly recurring revenue that billing computed: others only add it up. Zero unless it is paid for.

    `version_of_plan` names the catalogue's version the customer bought under (grandfathering).
    """

    subscription_id: UUID
    organization_id: UUID
    plan: str
    version_of_plan: int
    interval: Literal["month", "year"]
    seats: int
    status: SubscriptionStatus
    mrr: Money
    current_period_start: AwareDatetime
    current_period_end: AwareDatetime
    trial_end: AwareDatetime | None
    cancel_at_period_end: bool
    canceled_at: AwareDatetime | None

    @property
    def subject(self) -> str:
        return str(self.subscription_id)


class SubscriptionCreatedV1(_Subscription):
    """An organization has a subscription; each starts on Free."""

    type: ClassVar[str] = "subscription.created"
    version: ClassVar[int] = 1


class SubscriptionUpdatedV1(_Subscription):
    """Plan, seats, period or status changed; `previous_plan` and `previous_status` say from what."""

    type: ClassVar[str] = "subscription.updated"
    version: ClassVar[int] = 1

    previous_plan: str
    previous_status: SubscriptionStatus


class SubscriptionCanceledV1(_Subscription):
    """The subscription has ended; a tombstone."""

    type: ClassVar[str] = "subscription.canceled"
    version: ClassVar[int] = 1


class _Invoice(EventData):
    """`total` is what was asked for, `paid` what came in. `number` is absent on a draft."""

    invoice_id: UUID
    organization_id: UUID
    number: str | None
    status: Literal["draft", "open", "paid", "uncollectible", "void"]
    total: Money
    paid: Money
    attempt_count: int
    period_start: AwareDatetime
    period_end: AwareDatetime
    created_at: AwareDatetime

    @property
    def subject(self) -> str:
        return str(self.invoice_id)


class InvoiceFinalizedV1(_Invoice):
    """An invoice was issued."""

    type: ClassVar[str] = "invoice.finalized"
    version: ClassVar[int] = 1


class InvoicePaidV1(_Invoice):
    """An invoice is settled."""

    type: ClassVar[str] = "invoice.paid"
    version: ClassVar[int] = 1


class InvoicePaymentFailedV1(_Invoice):
    """A payment attempt failed; the money is still owed."""

    type: ClassVar[str] = "invoice.payment_failed"
    version: ClassVar[int] = 1

    failure_code: str | None


REQUESTS_PER_MINUTE = "requests_per_minute"
"""The limit of a plan that the gateway keeps: requests a minute of the whole organization."""


class EntitlementsChangedV1(EventData):
    """What an organization may use from now on. A limit that is absent (null) has no bound."""

    type: ClassVar[str] = "entitlements.changed"
    version: ClassVar[int] = 1

    organization_id: UUID
    plan: str
    seats: int
    features: tuple[str, ...]
    limits: dict[str, int | None]

    @property
    def subject(self) -> str:
        return str(self.organization_id)
