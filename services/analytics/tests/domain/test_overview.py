from datetime import date

import pytest

from analytics.domain.overview import COUNTS, Period, fill_days
from chassis.problems import Invalid

TODAY = date(2026, 11, 23)


def test_thirty_days_up_to_today_unless_told_otherwise():
    period = Period.asked(None, None, TODAY)
    assert (period.first, period.last, period.length) == (date(2026, 10, 25), TODAY, 30)
    assert (period.before.first, period.before.last) == (date(2026, 9, 25), date(2026, 10, 24))
    assert Period.asked(None, date(2026, 1, 30), TODAY).first == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 11, 24), TODAY),
        (date(2025, 11, 22), TODAY),
        (None, date(2026, 11, 25)),
        (None, date(1999, 12, 31)),
        (date.min, date.min),
        (date.min, None),
    ],
)
def test_a_period_that_is_none_is_refused(first, last):
    with pytest.raises(Invalid):
        Period.asked(first, last, TODAY)


def test_a_day_without_events_is_there_with_zeros():
    row = dict.fromkeys(COUNTS, 3)
    days = fill_days(
        date(2026, 2, 27), date(2026, 3, 1), {date(2026, 2, 28): row}, {}, settling=lambda day: day.month == 3
    )
    assert [day.day.day for day in days] == [27, 28, 1]
    assert [day.counts["events"] for day in days] == [0, 3, 0]
    assert [day.settling for day in days] == [False, False, True]
