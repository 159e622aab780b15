"""List an organization's API keys."""

from uuid import UUID

from chassis.database import Tx
from teams.storage import api_keys
from teams.storage.api_keys import ListedKey


async def list_api_keys(
    tx: Tx, org_id: UUID, *, account_id: UUID | None, after: tuple[UUID] | None, limit: int
) -> list[ListedKey]:
    """Up to `limit + 1` that were not revoked, the newest first; of one service account, if told."""
    return await api_keys.list_keys(tx, org_id, account_id=account_id, after=after, limit=limit)
