"""Make an organization's rollups anew."""

from datetime import timedelta
from uuid import UUID

from analytics.domain.recorded import Intake
from analytics.storage import rollups
from analytics.storage.events import lock_organizations
from chassis.database import Tx


async def rebuild(tx: Tx, org_id: UUID, keep: timedelta) -> None:
    """From the raw rows, as far back as they are kept; older quarters stay, and every day follows from its quarters."""
    floor = Intake.at(tx.now, keep).floor
    await lock_organizations(tx, [org_id], whole=[org_id])
    await rollups.rebuild_quarters(tx, org_id, floor)
    await rollups.rebuild_days(tx, org_id, floor)
