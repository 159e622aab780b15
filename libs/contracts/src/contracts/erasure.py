"""Events that every service publishes which holds personal data: that it erased what it was told to erase."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from contracts.event import EventData

ERASERS = ("admin", "analytics", "billing", "notifier", "teams")
"""The services that hold personal data: an erasure is complete when each of them has acknowledged it."""

SubjectKind = Literal["organization", "user"]


class DataErasedV1(EventData):
    """One service holds nothing personal any more of a purged organization or a deleted person, but what `kept` names.

    Committed together with the erasure. `kept` says in words for our staff what stays and why.
    """

    type: ClassVar[str] = "data.erased"
    version: ClassVar[int] = 1
    producers: ClassVar[tuple[str, ...]] = ERASERS

    subject_kind: SubjectKind
    subject_id: UUID
    service: str
    erased_at: AwareDatetime
    kept: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        return str(self.subject_id)
