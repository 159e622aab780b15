"""/v1/billing/subscription: read it, subscribe, change, cancel, resume."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from billing.api.caller import organization_of
from billing.api.models import OperationAnswer, SubscriptionAnswer
from billing.api.operations import await_operation
from billing.domain.operations import Operation
from billing.domain.plans import MOST_SEATS, Catalogue, Interval
from billing.usecases.change_subscription import begin_cancellation, begin_change
from billing.usecases.show_billing import show_subscription
from chassis.database import Tx
from chassis.problems import NotFound
from chassis.web import Caller, Door, IfMatch, Reference, Reply, Routes
from contracts.permissions import Permission

ROUTES = Routes("billing", while_suspended=True)
READ, UPDATE = Permission.BILLING_READ, Permission.BILLING_UPDATE
PATH = "/v1/billing/subscription"
Changed = Reply[SubscriptionAnswer | OperationAnswer]
LATER = {202: OperationAnswer}

Seats = Annotated[int, Field(ge=1, le=MOST_SEATS)]
Token = Annotated[str, Field(min_length=4, max_length=255, pattern="^pm_[A-Za-z0-9_]+$")]


@dataclass(frozen=True)
class Shop:
    """What is on offer, and how long a request waits for Stripe."""

    catalogue: Catalogue
    wait_seconds: float


class SubscribeRequest(BaseModel):
    """A purchase. `seats` are the plan's own where it does not sell them one by one."""

    plan: str
    interval: Interval = "month"
    seats: Seats | None = None
    payment_method: Token | None = Field(None, description="Made by Stripe.js from the card; we never see the number.")


class ChangeRequest(BaseModel):
    """What is absent stays as it is."""

    plan: str | None = None
    interval: Interval | None = None
    seats: Seats | None = None
    payment_method: Token | None = None


@ROUTES.get(PATH, access=READ, summary="The organization's subscription")
async def get_subscription(tx: Tx, caller: Caller) -> SubscriptionAnswer:
    """Its version is the ETag that a change needs. 404 `subscription_not_ready` in the first seconds."""
    return SubscriptionAnswer.of(await show_subscription(tx, organization_of(caller)))


async def _again(door: Door, caller: Caller, shop: Shop, reference: Reference) -> Changed:
    """A replay of the key waits for the same operation."""
    return await _follow(door, caller, shop, UUID(reference["operation_id"]))


@ROUTES.post(
    PATH,
    access=UPDATE,
    summary="Subscribe to a plan",
    idempotent="rederive",
    rederive=_again,
    also=LATER,
    problems=(402, 409),
)
async def post_subscription(door: Door, caller: Caller, shop: Shop, body: SubscribeRequest) -> Changed:
    """From Free to a plan. Waits for Stripe; 202 with an operation to follow where that takes longer."""

    async def begin(tx: Tx) -> Operation:
        return await begin_change(
            tx,
            organization_of(caller),
            shop.catalogue,
            plan=body.plan,
            interval=body.interval,
            seats=body.seats,
            payment_method=body.payment_method,
            read=None,
        )

    return await _carry_out(door, caller, shop, begin)


@ROUTES.patch(
    PATH,
    access=UPDATE,
    summary="Change plan, interval or seats",
    idempotent="rederive",
    rederive=_again,
    also=LATER,
    problems=(402, 409, 412, 428),
)
async def patch_subscription(door: Door, caller: Caller, shop: Shop, if_match: IfMatch, body: ChangeRequest) -> Changed:
    """More is charged at once, pro rata; less is credited to the next invoice."""

    async def begin(tx: Tx) -> Operation:
        return await begin_change(
            tx,
            organization_of(caller),
            shop.catalogue,
            plan=body.plan,
            interval=body.interval,
            seats=body.seats,
            payment_method=body.payment_method,
            read=if_match,
        )

    return await _carry_out(door, caller, shop, begin)


@ROUTES.post(
    f"{PATH}/cancel",
    access=UPDATE,
    summary="End it with the period that is paid",
    idempotent="rederive",
    rederive=_again,
    also=LATER,
    problems=(409,),
)
async def cancel_subscription(door: Door, caller: Caller, shop: Shop) -> Changed:
    """Free follows. Until then it can be resumed."""

    async def begin(tx: Tx) -> Operation:
        return await begin_cancellation(tx, organization_of(caller), cancel=True)

    return await _carry_out(door, caller, shop, begin)


@ROUTES.post(
    f"{PATH}/resume",
    access=UPDATE,
    summary="Take a cancellation back",
    idempotent="rederive",
    rederive=_again,
    also=LATER,
    problems=(409,),
)
async def resume_subscription(door: Door, caller: Caller, shop: Shop) -> Changed:
    """As long as the period lasts."""

    async def begin(tx: Tx) -> Operation:
        return await begin_cancellation(tx, organization_of(caller), cancel=False)

    return await _carry_out(door, caller, shop, begin)


async def _carry_out(door: Door, caller: Caller, shop: Shop, begin: Callable[[Tx], Awaitable[Operation]]) -> Changed:
    async def intend(tx: Tx) -> Changed:
        operation = await begin(tx)
        answer = OperationAnswer.of(operation)
        return Reply(answer, status=202, reference={"operation_id": str(operation.id)})

    intended = await door.write(intend)
    if not isinstance(intended.body, OperationAnswer):
        raise TypeError("an intent is answered with its operation")
    return await _follow(door, caller, shop, intended.body.operation_id)


async def _follow(door: Door, caller: Caller, shop: Shop, id: UUID) -> Changed:
    """The subscription once the operation has succeeded, its refusal, or the operation itself after the wait."""
    reference = {"operation_id": str(id)}
    operation = await await_operation(door, id, shop.wait_seconds)
    if operation.state == "pending":
        return Reply(OperationAnswer.of(operation), status=202, reference=reference)
    try:
        standing = await door.read(lambda tx: show_subscription(tx, organization_of(caller)))
    except NotFound:
        return Reply(OperationAnswer.of(operation), reference=reference)
    return Reply(SubscriptionAnswer.of(standing), reference=reference)
