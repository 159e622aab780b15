"""Billing periods: counted from an anchor, so that the 31st comes back after a shorter month."""

import calendar
from datetime import UTC, datetime

from stripe_simulator.store import Obj

_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}
_DAY_SECONDS = 86_400


def stepped(anchor: int, recurring: Obj, steps: int) -> int:
    """The moment that many billing intervals after the anchor (before it, if negative), in UTC."""
    count = steps * int(recurring["interval_count"])
    interval = recurring["interval"]
    if interval in _DAYS:
        return anchor + count * _DAYS[interval] * _DAY_SECONDS
    start = datetime.fromtimestamp(anchor, UTC)
    months = start.year * 12 + start.month - 1 + count * _MONTHS[interval]
    year, month = divmod(months, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return int(start.replace(year=year, month=month + 1, day=day).timestamp())


def period(anchor: int, recurring: Obj, moment: int) -> tuple[int, int]:
    """The billing period that holds the moment: from its start to before its end."""
    step = 0
    while stepped(anchor, recurring, step + 1) <= moment:
        step += 1
    while stepped(anchor, recurring, step) > moment:
        step -= 1
    return stepped(anchor, recurring, step), stepped(anchor, recurring, step + 1)
