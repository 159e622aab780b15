"""List what happened in an organization."""

from datetime import datetime
from uuid import UUID

from chassis.database import Tx
from teams.storage import activity_list
from teams.storage.activity_list import ActivityRow, Filters


async def list_activity(
    tx: Tx, org_id: UUID, filters: Filters, *, after: tuple[datetime, int] | None, limit: int
) -> list[ActivityRow]:
    """Up to `limit + 1`, the newest first."""
    return await activity_list.list_activity(tx, org_id, filters, after=after, limit=limit)
