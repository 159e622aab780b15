"""List an organization's members."""

from datetime import datetime
from uuid import UUID

from chassis.database import Tx
from teams.storage import memberships
from teams.storage.memberships import Member


async def list_members(tx: Tx, org_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int) -> list[Member]:
    """Up to `limit + 1` active members, the first joined first."""
    return await memberships.list_members(tx, org_id, after=after, limit=limit)


async def count_members(tx: Tx, org_id: UUID) -> int:
    """How many there are."""
    return await memberships.count_members(tx, org_id)
