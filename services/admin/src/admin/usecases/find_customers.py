"""The customers list: all, or those that a text leads to."""

from uuid import UUID

from admin.domain.customers import Customer, search_id, search_pattern
from admin.storage import customers
from admin.usecases.record import Witness, record
from chassis.database import Tx


async def find_customers(
    tx: Tx, by: Witness, *, query: str | None, plan: str | None, before: UUID | None, limit: int
) -> list[Customer]:
    """Up to `limit + 1`, the newest first."""
    record(tx, by, "customers.listed", query=query, plan=plan)
    pattern = search_pattern(query or "")
    if pattern is None:
        return await customers.list_customers(tx, before=before, limit=limit, plan=plan)
    return await customers.search_customers(
        tx, pattern=pattern, id=search_id(query or ""), before=before, limit=limit, plan=plan
    )
