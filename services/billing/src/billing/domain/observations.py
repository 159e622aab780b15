"""Which of two observations of one object of Stripe's is newer, when events come in any order and count in seconds."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Verdict(Enum):
    """What to do with an observation."""

    APPLY = "apply"
    KEEP = "keep"
    """It says what the books hold already."""
    REFETCH = "refetch"
    """Nobody can tell from this alone: ask Stripe how it is now."""


@dataclass(frozen=True)
class Seen:
    """When, at Stripe, an object was in a state: to the second, as events and answers tell it.

    `fetched_over` is the version our row had when we asked (0 for none), absent for what came by itself.
    """

    as_of: datetime
    fetched_over: int | None = None


def judge(seen: Seen, *, same: bool, stored_as_of: datetime | None, stored_version: int) -> Verdict:
    """An older state never replaces a newer one, and of two within one second none is believed untested.

    A fetched state may replace one of the same second if nothing was stored since we asked.
    """
    if stored_as_of is None:
        return Verdict.APPLY
    if same:
        return Verdict.KEEP
    if seen.as_of > stored_as_of or seen.fetched_over == stored_version:
        return Verdict.APPLY
    return Verdict.REFETCH
