"""Show the current organization."""

from uuid import UUID

from chassis.database import Tx
from teams.domain.organizations import Organization
from teams.storage import organizations


async def show_organization(tx: Tx, org_id: UUID) -> Organization:
    """The organization of the caller's token."""
    return await organizations.get_organization(tx, org_id)
