"""`/v1/analytics/…`: what the counts say, and whether they are right."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from analytics.domain.overview import COUNTS, Day
from analytics.settings import Settings
from analytics.usecases.check_integrity import Integrity, check_integrity
from analytics.usecases.show_overview import Overview, show_overview
from chassis.database import Tx
from chassis.web import Caller, Routes
from contracts.money import Money
from contracts.permissions import Permission

routes = Routes("analytics")


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class PeriodQuery(BaseModel):
    """Local days of the organization, both included; the thirty days up to today where absent."""

    first: date | None = Field(None, alias="from", description="First day, e.g. 2026-11-01.")
    last: date | None = Field(None, alias="to", description="Last day.")


class PeriodView(_View):
    """Two local days, both included."""

    first: date
    last: date


class Figure(_View):
    """A total and the same of the period before."""

    value: int
    previous: int


class Totals(_View):
    """Over the whole period. `active_users` counts different people once."""

    events: Figure
    active_users: Figure
    members_joined: Figure
    members_removed: Figure
    invitations_sent: Figure
    invitations_accepted: Figure
    sign_ups: Figure


class DayView(_View):
    """One local day. While `settling` its counts may still change."""

    day: date
    settling: bool
    events: int
    active_users: int
    members_joined: int
    members_removed: int
    invitations_sent: int
    invitations_accepted: int
    sign_ups: int

    @classmethod
    def of(cls, day: Day) -> Self:
        """Flat, as charts read it."""
        return cls(day=day.day, settling=day.settling, active_users=day.active_users, **day.counts)


class RankedView(_View):
    """How often something happened. `source`: ours (`domain`), sent by you (`tracked`), or following from ours."""

    source: str
    name: str
    count: int
    previous: int


class OverviewView(_View):
    """Two periods of equal length side by side, day by day, in the organization's zone."""

    time_zone: str
    as_of: datetime
    period: PeriodView
    previous_period: PeriodView
    totals: Totals
    days: list[DayView]
    previous_days: list[DayView]
    top_events: list[RankedView]
    mrr: list[Money] = Field(description="Monthly recurring revenue as billing states it now, a currency each.")

    @classmethod
    def of(cls, found: Overview) -> Self:
        """As the page draws it."""
        figures = {
            name: Figure(
                value=sum(day.counts[name] for day in found.days),
                previous=sum(day.counts[name] for day in found.previous_days),
            )
            for name in COUNTS
        }
        return cls(
            time_zone=found.time_zone,
            as_of=found.as_of,
            period=PeriodView.model_validate(found.period),
            previous_period=PeriodView.model_validate(found.period.before),
            totals=Totals(active_users=Figure(value=found.active, previous=found.previous_active), **figures),
            days=[DayView.of(day) for day in found.days],
            previous_days=[DayView.of(day) for day in found.previous_days],
            top_events=[RankedView.model_validate(one) for one in found.top],
            mrr=found.mrr,
        )


class IntegrityView(_View):
    """Raw events against their counts, since `since`. `consistent` means that every single count is right."""

    consistent: bool
    since: datetime
    raw: int
    quarter_hours: int
    all_quarter_hours: int = Field(description="All counts there are, also of raw events dropped since.")
    days: int
    wrong_quarter_hours: int
    wrong_days: int
    wrong_users: int
    late: int
    duplicates: int
    quarantined: int


@routes.get("/v1/analytics/overview", access=Permission.ANALYTICS_READ, summary="Show the overview")
async def get_overview(tx: Tx, caller: Caller, query: PeriodQuery) -> OverviewView:
    """Read from counts alone: as fast for a billion events as for one."""
    return OverviewView.of(await show_overview(tx, _organization(caller), query.first, query.last))


@routes.get("/v1/analytics/integrity", access=Permission.ANALYTICS_READ, summary="Compare raw events and counts")
async def get_integrity(tx: Tx, caller: Caller, settings: Settings) -> IntegrityView:
    """Counts every raw event of the organization that is kept."""
    found: Integrity = await check_integrity(tx, _organization(caller), settings.keep_events)
    return IntegrityView.model_validate(found)


def _organization(caller: Caller) -> UUID:
    if caller.org_id is None:
        raise LookupError("a permission comes with an organization")
    return caller.org_id
