"""One customer: the organization, who belongs to it, what it pays, what happened lately."""

from dataclasses import dataclass
from uuid import UUID

from admin.domain.customers import Customer, CustomerEvent, CustomerMember, Overview
from admin.storage import customers
from admin.usecases.record import Witness, record
from chassis.database import Tx


@dataclass(frozen=True)
class CustomerPage:
    """Everything on one page."""

    customer: Customer
    members: list[CustomerMember]
    events: list[CustomerEvent]


async def show_customer(tx: Tx, by: Witness, organization_id: UUID) -> CustomerPage | None:
    """None where there is no such customer; that somebody looked is put down all the same."""
    record(tx, by, "customers.viewed", f"organization:{organization_id}")
    customer = await customers.get_customer(tx, organization_id)
    if customer is None:
        return None
    members = await customers.list_members(tx, organization_id)
    return CustomerPage(customer, members, await customers.list_events(tx, organization_id))


async def show_overview(tx: Tx, by: Witness) -> Overview:
    """The numbers of the first page."""
    record(tx, by, "customers.counted")
    return await customers.get_overview(tx, tx.now)
