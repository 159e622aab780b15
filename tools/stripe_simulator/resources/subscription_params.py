"""What requests about subscriptions may say."""

from typing import Literal

from pydantic import Field

from stripe_simulator.lifecycle.changes import ProrationBehavior
from stripe_simulator.lifecycle.cycles import PaymentBehavior
from stripe_simulator.params import CreatedListing, Currency, Hash, Metadata, Params

Status = Literal["active", "canceled", "incomplete", "incomplete_expired", "past_due", "paused", "trialing", "unpaid"]


class NewItem(Hash):
    """A price and how many of it."""

    price: str
    quantity: int = Field(1, ge=0)
    metadata: Metadata = None


class ChangedItem(Hash):
    """An item that is there (`id`) or a new one."""

    id: str | None = None
    price: str | None = None
    quantity: int | None = Field(None, ge=0)
    metadata: Metadata = None
    deleted: bool = False


class EndBehavior(Hash):
    """What happens at the end of a trial with nothing to pay with."""

    missing_payment_method: Literal["cancel", "create_invoice", "pause"]


class TrialSettings(Hash):
    """About the end of the trial."""

    end_behavior: EndBehavior


class PaymentSettings(Hash):
    """How its invoices are paid."""

    payment_method_types: list[Literal["card"]] | None = None
    save_default_payment_method: Literal["off", "on_subscription"] | None = None


class CancellationDetails(Hash):
    """Why the customer leaves."""

    comment: str | None = None
    feedback: str | None = None


class PauseCollection(Hash):
    """What happens to invoices while collection is paused."""

    behavior: Literal["keep_as_draft", "mark_uncollectible", "void"]
    resumes_at: int | None = None


class BillingMode(Hash):
    """The only mode there is here."""

    type: Literal["flexible"]


class Common(Params):
    """What both a new and a running subscription can be told."""

    cancel_at: int | None = None
    cancel_at_period_end: bool = False
    collection_method: Literal["charge_automatically", "send_invoice"] = "charge_automatically"
    days_until_due: int | None = Field(None, ge=0)
    default_payment_method: str | None = None
    description: str | None = None
    metadata: Metadata = None
    off_session: bool = False
    payment_behavior: PaymentBehavior = "allow_incomplete"
    payment_settings: PaymentSettings | None = None
    proration_behavior: ProrationBehavior = "create_prorations"
    trial_end: int | Literal["now"] | None = None
    trial_settings: TrialSettings | None = None


class Create(Common):
    """A new subscription."""

    billing_mode: BillingMode | None = None
    currency: Currency | None = None
    customer: str
    items: list[NewItem] = Field(min_length=1, max_length=20)
    trial_from_plan: bool = False
    trial_period_days: int | None = Field(None, ge=1, le=730)


class Update(Common):
    """A running subscription."""

    billing_cycle_anchor: Literal["now", "unchanged"] = "unchanged"
    cancellation_details: CancellationDetails | None = None
    items: list[ChangedItem] | None = None
    pause_collection: PauseCollection | None = None
    proration_date: int | None = None


class Cancel(Params):
    """The end at once."""

    cancellation_details: CancellationDetails | None = None


class Resume(Params):
    """The end of a pause; the period begins now."""

    billing_cycle_anchor: Literal["now"] = "now"


class Query(CreatedListing):
    """The list's filters; without a status, what has been cancelled is left out."""

    collection_method: Literal["charge_automatically", "send_invoice"] | None = None
    customer: str | None = None
    price: str | None = None
    status: Status | Literal["all", "ended"] | None = None
