"""Nobody comes into an organization that waits for its end."""

from uuid import UUID

from chassis.database import Tx
from chassis.problems import Gone
from teams.storage import standings


async def check_not_deleted(tx: Tx, org_id: UUID) -> None:
    """Raises Gone `organization_deleted`."""
    if (await standings.get_standing(tx, org_id)).deleted_at is not None:
        raise Gone("organization_deleted", "This organization was deleted.")
