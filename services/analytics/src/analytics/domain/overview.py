"""Periods of local days, and a series without gaps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from chassis.problems import invalid_field

DEFAULT_DAYS = 30
MOST_DAYS = 366
COUNTS = (
    "events",
    "members_joined",
    "members_removed",
    "invitations_sent",
    "invitations_accepted",
    "sign_ups",
)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """From one local day to another, both included."""

    first: date
    last: date

    @classmethod
    def asked(cls, first: date | None, last: date | None, today: date) -> "Period":
        """Thirty days up to today unless told otherwise. Raises Invalid (422)."""
        last = last or today
        if not date(2000, 1, 1) <= last <= today + _DAY:
            raise invalid_field("to", "date_out_of_range", "A day between 2000 and tomorrow.")
        first = first or last - (DEFAULT_DAYS - 1) * _DAY
        if first > last:
            raise invalid_field("from", "period_invalid", "The first day lies after the last.")
        if (last - first).days >= MOST_DAYS:
            raise invalid_field("from", "period_too_long", f"At most {MOST_DAYS} days.")
        return cls(first, last)

    @property
    def length(self) -> int:
        """In days."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """As many days, right before."""
        return Period(self.first - self.length * _DAY, self.first - _DAY)


@dataclass(frozen=True)
class Day:
    """What happened on a local day. While `settling` it may still change."""

    day: date
    settling: bool
    active_users: int
    counts: Mapping[str, int]


def fill_days(
    first: date,
    last: date,
    rows: Mapping[date, Mapping[str, Any]],
    active: Mapping[date, int],
    *,
    settling: Callable[[date], bool],
) -> list[Day]:
    """Each day of the period, in order; a day without a row has zeros."""
    days = [first + offset * _DAY for offset in range((last - first).days + 1)]
    nothing = dict.fromkeys(COUNTS, 0)
    return [
        Day(
            day=day,
            settling=settling(day),
            active_users=active.get(day, 0),
            counts={name: rows[day][name] for name in COUNTS} if day in rows else nothing,
        )
        for day in days
    ]
