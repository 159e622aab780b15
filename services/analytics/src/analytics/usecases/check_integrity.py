"""Compare raw rows with their rollups."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from analytics.domain.recorded import LATE_AFTER, Intake
from analytics.storage import integrity
from chassis.database import Tx


@dataclass(frozen=True)
class Integrity:
    """The sums, and how many keys of each rollup say something else than what they are made from."""

    since: datetime
    raw: int
    quarter_hours: int
    all_quarter_hours: int
    days: int
    wrong_quarter_hours: int
    wrong_days: int
    wrong_users: int
    late: int
    duplicates: int
    quarantined: int

    @property
    def consistent(self) -> bool:
        """Whether every count is the count of its raw rows."""
        return not (self.wrong_quarter_hours or self.wrong_days or self.wrong_users)


async def check_integrity(tx: Tx, org_id: UUID, keep: timedelta) -> Integrity:
    """Everything whose raw rows are kept."""
    floor = Intake.at(tx.now, keep).floor
    row = await integrity.compare(tx, org_id, since=floor, received_since=floor, late_after=LATE_AFTER)
    return Integrity(floor, **dict(row))
