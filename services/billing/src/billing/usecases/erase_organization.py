"""An organization is gone for good: its name is erased here at once, its customer at Stripe by an intent.

What the law makes us keep stays: subscriptions, invoices and their amounts, by ids alone.
"""

from uuid import UUID

from billing.domain.operations import Kind, Operation
from billing.storage import accounts, operations, webhooks
from billing.usecases.intend import intend
from chassis import erasures
from chassis.database import Tx
from chassis.problems import Conflict

KEPT = (
    "subscriptions, invoices and their amounts: tax and commercial law; they name the organization by its id alone",
    "what Stripe itself must keep of payments made, with Stripe",
)


async def begin_erasure(tx: Tx, org_id: UUID) -> None:
    """Acknowledged at once where Stripe knows no customer of it, else when that one is gone.

    Raises Conflict while an intent that makes or changes something is on its way: the event is tried again after it.
    """
    account = await accounts.lock_account(tx, org_id)
    if account is None:
        await erasures.acknowledge(tx, "organization", org_id, kept=KEPT)
        return
    if account.erased:
        return
    if await operations.get_pending(tx, org_id) is not None:
        raise Conflict("operation_pending", "Something is on its way to Stripe: erase the organization after it.")
    await accounts.erase(tx, org_id)
    await operations.erase_names(tx, org_id)
    if account.stripe_customer is None:
        await erasures.acknowledge(tx, "organization", org_id, kept=KEPT)
        return
    await webhooks.delete_about(tx, account.stripe_customer)
    await intend(tx, org_id, Kind.DELETE_CUSTOMER, {"customer": account.stripe_customer})


async def finish_erasure(tx: Tx, operation: Operation) -> None:
    """Stripe has no such customer any more, and neither have we: the erasure is complete."""
    stored = await operations.lock_operation(tx, operation.id)
    if stored is None or stored.state != "pending":
        return
    await operations.update_finished(tx, operation.id)
    await erasures.acknowledge(tx, "organization", operation.org_id, kept=KEPT)


async def acknowledge_person(tx: Tx, user_id: UUID) -> None:
    """Billing knows organizations; of people it never learns more than who asked for a change, by id."""
    await erasures.acknowledge(tx, "user", user_id)
