"""An erasure as staff follow it: who was asked to erase, who has, since when the rest is awaited."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.erasure import ERASERS, SubjectKind


@dataclass(frozen=True)
class Acknowledgement:
    """A service erased; `kept` says what stays there and why."""

    service: str
    erased_at: datetime
    kept: list[str]


@dataclass(frozen=True)
class Erasure:
    """A purged organization or a deleted person, by id alone."""

    subject_id: UUID
    kind: SubjectKind
    requested_at: datetime
    acknowledged: list[Acknowledgement]

    @property
    def outstanding(self) -> list[str]:
        """The services that have not said that they erased."""
        done = {one.service for one in self.acknowledged}
        return [service for service in ERASERS if service not in done]

    @property
    def completed_at(self) -> datetime | None:
        """When the last of them had erased; None while one is awaited."""
        return None if self.outstanding else max(one.erased_at for one in self.acknowledged)
