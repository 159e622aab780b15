"""An organization came to be: it gets an account, a customer at Stripe, and then a Free subscription."""

from uuid import UUID

from billing.domain.operations import Kind
from billing.domain.plans import FREE, Catalogue
from billing.storage import accounts
from billing.usecases.intend import intend
from chassis import erasures
from chassis.database import Tx
from contracts.ids import new_id


async def open_account(tx: Tx, org_id: UUID, name: str) -> None:
    """Store the account and intend its customer. An account that is there already stays as it is.

    An organization that is gone for good gets none, however late it is heard of.
    """
    if await erasures.hold(tx, [org_id]):
        return
    if await accounts.insert_account(tx, org_id, name):
        await intend(tx, org_id, Kind.CREATE_CUSTOMER, {"name": name})


async def intend_free_subscription(tx: Tx, org_id: UUID, customer: str, catalogue: Catalogue) -> None:
    """Whoever has no plan is on Free."""
    offered = catalogue.plan(FREE).offered
    price = catalogue.price(FREE, offered.version, "month")
    parameters = {
        "customer": customer,
        "lookup_key": price.lookup_key,
        "quantity": 1,
        "subscription_id": str(new_id()),
    }
    await intend(tx, org_id, Kind.CREATE_SUBSCRIPTION, parameters)
