"""What billing's endpoints answer."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from billing.domain.operations import Operation, OperationState
from billing.domain.plans import Catalogue, Entitlements, Interval, Plan
from billing.storage.invoices import Invoice
from billing.usecases.show_billing import Standing
from contracts.billing import SubscriptionStatus
from contracts.money import Money

NEWEST = "The version that is on offer."


class Answer(BaseModel):
    """Parent of all answers."""

    model_config = ConfigDict(frozen=True)


class PlanAnswer(Answer):
    """A plan on offer. Prices are a seat's where `per_seat`; `seats` are included, or the fewest one may buy."""

    code: str
    name: str
    summary: str
    version: int = Field(description=NEWEST)
    per_seat: bool
    seats: int
    prices: dict[Interval, Money]
    features: list[str]
    limits: dict[str, int | None]

    @classmethod
    def of(cls, plan: Plan, currency: str) -> Self:
        offered = plan.offered
        return cls(
            code=plan.code,
            name=plan.name,
            summary=plan.summary,
            version=offered.version,
            per_seat=offered.per_seat,
            seats=offered.seats,
            prices={one: Money(amount=amount, currency=currency) for one, amount in offered.prices.items()},
            features=list(offered.features),
            limits=offered.limits,
        )


class PlansAnswer(Answer):
    """Everything on offer, in the order in which it is shown."""

    plans: list[PlanAnswer]

    @classmethod
    def of(cls, catalogue: Catalogue) -> Self:
        return cls(plans=[PlanAnswer.of(plan, catalogue.currency) for plan in catalogue.plans])


class SubscriptionAnswer(Answer):
    """An organization's subscription. `pending_operation` is a change on its way; `mrr` its worth a month."""

    id: UUID
    plan: str
    plan_version: int
    interval: Interval
    seats: int
    status: SubscriptionStatus
    mrr: Money
    current_period_start: datetime
    current_period_end: datetime
    trial_end: datetime | None
    cancel_at_period_end: bool
    canceled_at: datetime | None
    has_payment_method: bool
    pending_operation: UUID | None
    version: int

    @classmethod
    def of(cls, standing: Standing) -> Self:
        state = standing.subscription.state
        return cls(
            id=standing.subscription.id,
            plan=state.plan,
            plan_version=state.plan_version,
            interval=state.interval,
            seats=state.seats,
            status=state.status,
            mrr=Money(amount=state.mrr, currency=state.currency),
            current_period_start=state.current_period_start,
            current_period_end=state.current_period_end,
            trial_end=state.trial_end,
            cancel_at_period_end=state.cancel_at_period_end,
            canceled_at=state.canceled_at,
            has_payment_method=standing.has_payment_method,
            pending_operation=standing.pending.id if standing.pending else None,
            version=standing.subscription.version,
        )


class OperationError(Answer):
    """Why an operation failed; `code` is stable."""

    code: str
    detail: str


class OperationAnswer(Answer):
    """A change that is being carried out at Stripe, or was."""

    operation_id: UUID
    kind: str
    state: OperationState
    error: OperationError | None
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, operation: Operation) -> Self:
        failed = operation.state == "failed" and operation.error_code is not None
        return cls(
            operation_id=operation.id,
            kind=operation.kind,
            state=operation.state,
            error=OperationError(code=operation.error_code or "", detail=operation.error_detail or "")
            if failed
            else None,
            created_at=operation.created_at,
            finished_at=operation.finished_at,
        )


class InvoiceAnswer(Answer):
    """An invoice that was issued. `hosted_url` is Stripe's page of it, `pdf_url` its document."""

    id: UUID
    number: str | None
    status: Literal["open", "paid", "uncollectible", "void"]
    total: Money
    paid: Money
    attempt_count: int
    period_start: datetime
    period_end: datetime
    created_at: datetime
    hosted_url: str | None
    pdf_url: str | None

    @classmethod
    def of(cls, invoice: Invoice) -> Self:
        state = invoice.state
        return cls.model_validate(
            {
                "id": invoice.id,
                "number": state.number,
                "status": state.status,
                "total": Money(amount=state.total, currency=state.currency),
                "paid": Money(amount=state.paid, currency=state.currency),
                "attempt_count": state.attempt_count,
                "period_start": state.period_start,
                "period_end": state.period_end,
                "created_at": state.created_at,
                "hosted_url": state.hosted_url,
                "pdf_url": state.pdf_url,
            }
        )


class EntitlementsAnswer(Answer):
    """What the organization may use. A limit that is null has no bound."""

    plan: str
    seats: int
    features: list[str]
    limits: dict[str, int | None]

    @classmethod
    def of(cls, entitlements: Entitlements) -> Self:
        return cls.model_validate(entitlements.model_dump())
