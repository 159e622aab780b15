"""An organization's overview: what happened, day by day, beside the period before."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from analytics.domain.overview import Day, Period, fill_days
from analytics.domain.recorded import LATE_AFTER, SETTLES_AFTER
from analytics.storage import overview as storage
from analytics.storage import projections
from chassis.database import Tx
from contracts.money import Money

TOP = 10


@dataclass(frozen=True)
class Ranked:
    """A name, how often it happened, and how often in the period before."""

    source: str
    name: str
    count: int
    previous: int


@dataclass(frozen=True)
class Overview:
    """Both periods day by day, without gaps. `active` counts different people over the whole of each."""

    time_zone: str
    as_of: datetime
    period: Period
    days: list[Day]
    previous_days: list[Day]
    active: int
    previous_active: int
    top: list[Ranked]
    mrr: list[Money]


async def show_overview(tx: Tx, org_id: UUID, first: date | None, last: date | None) -> Overview:
    """Days are local days of the organization. Raises Invalid for a period that is none or too long."""
    calendar = await storage.get_calendar(tx, org_id, SETTLES_AFTER)
    period = Period.asked(first, last, calendar.today)
    before = period.before
    rows = {row["day"]: dict(row) for row in await storage.list_days(tx, org_id, before.first, period.last)}
    active = await storage.list_active(tx, org_id, before.first, period.last)
    days = fill_days(
        before.first,
        period.last,
        rows,
        active,
        settling=lambda day: (
            day >= calendar.settling_from or (day in rows and rows[day]["changed_at"] > tx.now - LATE_AFTER)
        ),
    )
    return Overview(
        time_zone=calendar.time_zone,
        as_of=tx.now,
        period=period,
        days=days[before.length :],
        previous_days=days[: before.length],
        active=await storage.count_active(tx, org_id, period.first, period.last),
        previous_active=await storage.count_active(tx, org_id, before.first, before.last),
        top=[
            Ranked(**dict(row))
            for row in await storage.list_top(tx, org_id, before.first, period.first, period.last, limit=TOP)
        ],
        mrr=await projections.get_recurring_revenue(tx, org_id),
    )
