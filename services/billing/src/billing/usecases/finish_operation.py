"""The outcomes of intents: each written in one transaction with its effect on the books."""

from datetime import timedelta
from uuid import UUID

from billing.domain.observations import Seen
from billing.domain.operations import ASKED_FOR, Operation
from billing.domain.plans import Catalogue
from billing.domain.subscriptions import SubscriptionObject
from billing.storage import accounts, operations
from billing.usecases.open_account import intend_free_subscription
from billing.usecases.record_subscription import Recorded, record_subscription
from chassis.database import Tx

REFUSED_WAIT = timedelta(minutes=10)


async def begin_attempt(tx: Tx, operation: Operation, *, renewed: bool) -> Operation:
    """Count the attempt before it is made. `renewed`: it is known to have had no effect under the old key."""
    return await operations.update_tried(tx, operation.id, renewed=renewed)


async def finish_customer(tx: Tx, operation: Operation, customer: str, catalogue: Catalogue) -> None:
    """The organization has a customer; its Free subscription is next."""
    if await _is_closed(tx, operation.id):
        return
    account = await accounts.lock_account(tx, operation.org_id)
    if account is not None and account.stripe_customer is None:
        await accounts.update_customer(tx, operation.org_id, customer)
    await operations.update_finished(tx, operation.id)
    await intend_free_subscription(tx, operation.org_id, customer, catalogue)


async def finish_subscription(
    tx: Tx,
    operation: Operation,
    found: SubscriptionObject,
    seen: Seen,
    catalogue: Catalogue,
    *,
    payment_method: str | None,
) -> Recorded:
    """Stripe did as intended. On REFETCH nothing was written."""
    if await _is_closed(tx, operation.id):
        return Recorded.DONE
    await operations.update_finished(tx, operation.id)
    recorded = await record_subscription(tx, found, seen, catalogue)
    if recorded is Recorded.DONE and payment_method is not None:
        await accounts.update_payment_method(tx, operation.org_id, payment_method)
    return recorded


async def fail_operation(tx: Tx, operation: Operation, code: str, detail: str) -> None:
    """Stripe refused. Who asked may ask differently; what nobody asked for is tried again when it may be mended."""
    if operation.kind in ASKED_FOR:
        await operations.update_finished(tx, operation.id, code=code, detail=detail)
    else:
        at = tx.now + REFUSED_WAIT
        await operations.update_postponed(tx, operation.id, at=at, code=code, detail=detail, look_first=True)


async def postpone_operation(
    tx: Tx, operation: Operation, wait: timedelta, code: str, detail: str, *, look_first: bool
) -> None:
    """Again later."""
    at = tx.now + wait
    await operations.update_postponed(tx, operation.id, at=at, code=code, detail=detail, look_first=look_first)


async def _is_closed(tx: Tx, id: UUID) -> bool:
    stored = await operations.lock_operation(tx, id)
    return stored is None or stored.state != "pending"
