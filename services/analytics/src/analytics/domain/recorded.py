"""An event as it is stored and counted, and what its times mean."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

Source = Literal["domain", "tracked", "derived"]

NO_ORGANIZATION = UUID(int=0)
"""Whose events of no organization are: a person has several organizations, and none when the account is opened."""

QUARTER = timedelta(minutes=15)
SKEW = timedelta(minutes=5)
"""How far ahead of ours a clock may be before its time is not believed."""

LATE_AFTER = timedelta(hours=1)
"""An event that arrives this long after its instant is late."""

SETTLES_AFTER = timedelta(hours=24)
"""How long after its end a day is expected to change still."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One raw row. `claimed_at` is set where the sender's clock was ahead: then `occurred_at` is the arrival.

    `properties` is JSON text. `user_key` names who was active, absent where nobody was (a job, a key).
    """

    event_id: UUID
    org_id: UUID
    source: Source
    name: str
    occurred_at: datetime
    claimed_at: datetime | None
    user_key: str | None
    subject: str | None
    properties: str

    def emptied(self) -> "Recorded":
        """The same, as far as it is counted: what it says and of whom is left out."""
        return replace(self, user_key=None, subject=None, properties="{}")

    @property
    def quarter(self) -> datetime:
        """The first instant of its quarter of an hour, UTC."""
        at = self.occurred_at.astimezone(UTC)
        return at.replace(minute=at.minute - at.minute % 15, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Refused:
    """What cannot be stored as an event: a stable code, a sentence, and the content as it came (cut).

    `field` is the wrong one, empty where it is about the event as a whole.
    """

    id: UUID
    org_id: UUID
    source: Source
    code: str
    detail: str
    content: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Intake:
    """The instant of arrival and the oldest instant that is still kept."""

    now: datetime
    floor: datetime

    @classmethod
    def at(cls, now: datetime, keep: timedelta) -> "Intake":
        """`floor` is the first instant of a month: raw rows are dropped a whole month at a time."""
        oldest = (now - keep).astimezone(UTC)
        return cls(now, oldest.replace(day=1, hour=0, minute=0, second=0, microsecond=0))

    def times(self, claimed: datetime | None) -> tuple[datetime, datetime | None]:
        """(`occurred_at`, `claimed_at`) for what a sender said."""
        if claimed is None:
            return self.now, None
        if claimed > self.now + SKEW:
            return self.now, claimed
        return claimed, None
