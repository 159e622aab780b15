"""Read the books of one organization."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from billing.domain.operations import Operation
from billing.domain.plans import Catalogue, Entitlements
from billing.storage import accounts, invoices, operations, subscriptions
from billing.storage.invoices import Invoice
from billing.storage.subscriptions import Subscription
from chassis.database import Tx
from chassis.problems import NotFound


@dataclass(frozen=True)
class Standing:
    """A subscription with what is about to happen to it."""

    subscription: Subscription
    pending: Operation | None
    has_payment_method: bool


async def show_subscription(tx: Tx, org_id: UUID) -> Standing:
    """Raises NotFound until the first one is there."""
    account = await accounts.get_account(tx, org_id)
    current = await subscriptions.get_current(tx, org_id)
    if account is None or current is None:
        raise NotFound("The subscription is being set up.", code="subscription_not_ready")
    pending = await operations.get_pending(tx, org_id)
    return Standing(current, pending, account.payment_method is not None)


async def show_entitlements(tx: Tx, org_id: UUID, catalogue: Catalogue) -> Entitlements:
    """What the organization may use; Free's until something else was announced."""
    account = await accounts.get_account(tx, org_id)
    return account.entitlements if account and account.entitlements else catalogue.free()


async def list_invoices(tx: Tx, org_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int) -> list[Invoice]:
    """Up to `limit + 1` invoices, the newest first."""
    return await invoices.list_invoices(tx, org_id, after=after, limit=limit)


async def show_operation(tx: Tx, id: UUID) -> Operation:
    """Raises NotFound."""
    found = await operations.get_operation(tx, id)
    if found is None:
        raise NotFound
    return found
