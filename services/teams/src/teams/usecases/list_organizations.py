"""List the organizations a person belongs to."""

from uuid import UUID

from chassis.database import Tx
from teams.storage import organizations
from teams.storage.organizations import OwnOrganization


async def list_organizations(tx: Tx, *, after: tuple[UUID] | None, limit: int) -> list[OwnOrganization]:
    """Up to `limit + 1` of the acting person's, by id."""
    return await organizations.list_own_organizations_page(tx, after=after, limit=limit)
