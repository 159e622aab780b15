"""Every aggregate of billing as it is now, for projections that come late."""

from collections.abc import Sequence
from uuid import UUID

from billing.events import entitlements_state, invoice_state, subscription_state
from billing.storage import accounts, invoices, subscriptions
from chassis.database import Tx
from chassis.snapshots import Aggregate, State
from contracts.billing import (
    EntitlementsChangedV1,
    InvoiceFinalizedV1,
    InvoicePaidV1,
    SubscriptionCanceledV1,
    SubscriptionUpdatedV1,
)


async def _subscriptions(tx: Tx, after: UUID, limit: int) -> Sequence[State]:
    found = await subscriptions.list_all(tx, after=after, limit=limit)
    return [State(subscription_state(one), one.version, one.org_id) for one in found]


async def _invoices(tx: Tx, after: UUID, limit: int) -> Sequence[State]:
    found = await invoices.list_issued(tx, after=after, limit=limit)
    return [State(invoice_state(one), one.version, one.org_id) for one in found]


async def _entitlements(tx: Tx, after: UUID, limit: int) -> Sequence[State]:
    found = await accounts.list_entitled(tx, after=after, limit=limit)
    return [State(entitlements_state(one), one.entitlements_version, one.org_id) for one in found]


SNAPSHOTS = (
    Aggregate((SubscriptionUpdatedV1, SubscriptionCanceledV1), subscriptions.count_all, _subscriptions),
    Aggregate((InvoiceFinalizedV1, InvoicePaidV1), invoices.count_issued, _invoices),
    Aggregate((EntitlementsChangedV1,), accounts.count_entitled, _entitlements),
)
