"""List an organization's invitations."""

from uuid import UUID

from chassis.database import Tx
from teams.domain.invitations import Invitation, State
from teams.storage import invitations


async def list_invitations(
    tx: Tx, org_id: UUID, *, state: State | None, after: tuple[UUID] | None, limit: int
) -> list[Invitation]:
    """Up to `limit + 1`, the newest first, in one state or in any."""
    return await invitations.list_invitations(tx, org_id, state=state, after=after, limit=limit)
