"""List an organization's service accounts."""

from uuid import UUID

from chassis.database import Tx
from teams.storage import service_accounts
from teams.storage.service_accounts import ListedAccount


async def list_service_accounts(tx: Tx, org_id: UUID, *, after: tuple[UUID] | None, limit: int) -> list[ListedAccount]:
    """Up to `limit + 1`, the newest first."""
    return await service_accounts.list_accounts(tx, org_id, after=after, limit=limit)
