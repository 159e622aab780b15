"""/v1/operations: what became of a change that took longer than its request."""

import asyncio
from uuid import UUID

from billing.api.models import OperationAnswer
from billing.domain.operations import PAYMENT_DECLINED, Operation
from billing.usecases.show_billing import show_operation
from chassis.database import Tx
from chassis.problems import Invalid, PaymentRequired
from chassis.web import Door, Routes
from contracts.permissions import Permission

ROUTES = Routes("billing", while_suspended=True)
FIRST_WAIT, LONGEST_WAIT = 0.05, 0.5


@ROUTES.get("/v1/operations/{operation_id}", access=Permission.BILLING_READ, summary="What became of a change")
async def get_operation(tx: Tx, operation_id: UUID) -> OperationAnswer:
    """`pending` until Stripe has answered."""
    return OperationAnswer.of(await show_operation(tx, operation_id))


async def await_operation(door: Door, id: UUID, seconds: float) -> Operation:
    """Look until it is finished or the time is over. Raises PaymentRequired or Invalid where Stripe refused it."""
    loop = asyncio.get_running_loop()
    end, wait = loop.time() + seconds, FIRST_WAIT
    operation = await door.read(lambda tx: show_operation(tx, id))
    while operation.state == "pending" and loop.time() < end:
        await asyncio.sleep(wait)
        wait = min(2 * wait, LONGEST_WAIT)
        operation = await door.read(lambda tx: show_operation(tx, id))
    if operation.state == "failed":
        raise _refusal(operation)
    return operation


def _refusal(operation: Operation) -> PaymentRequired | Invalid:
    code, detail = operation.error_code or "stripe_refused", operation.error_detail or "Stripe refused."
    return PaymentRequired(code, detail) if code == PAYMENT_DECLINED else Invalid(code, detail)
