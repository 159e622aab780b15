"""The audit log's chain: what a row's hash covers, and how a changed, removed or inserted row shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson

from chassis.chains import Place, StoredLink, fault_of, hash_of_fields, origin_of

ERASED = "audit.erased"
"""The row that tells whose details were erased; `details.rows` are their ids."""

ORIGIN = origin_of("admin audit log, version 1")
"""What stands before the first row of the first day."""


@dataclass(frozen=True)
class Entry:
    """What happened, before it has its place in the chain.

    `action` is `subject.verb`; `target` names what it was done to, `kind:id`, or is empty. `details` may hold personal
    data (reason, before, after, address): only its commitment enters the chain.
    """

    actor: str
    action: str
    target: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Link:
    """A row of the chain without its details."""

    day: date
    number: int
    id: UUID
    at: datetime
    actor: str
    action: str
    target: str
    request_id: str
    commitment: bytes
    previous: bytes

    @property
    def hash(self) -> bytes:
        """Over every field."""
        return hash_of_fields(self)


@dataclass(frozen=True)
class Head:
    """The end of a chain: its day, how many rows the day has, the last hash."""

    day: date
    rows: int
    hash: bytes

    def signed_content(self) -> bytes:
        """What a checkpoint's signature covers."""
        return f"admin audit checkpoint {self.day.isoformat()} {self.rows} {self.hash.hex()}".encode()


@dataclass(frozen=True)
class Break:
    """The first thing that is wrong: the row that stands there (or should), and why."""

    day: date
    number: int
    id: UUID | None
    reason: str


def place(now: datetime, head: Head | None, last_at: datetime | None) -> tuple[date, int, bytes, datetime]:
    """The next row's day, number, previous hash and time: never before the row it follows, whatever the clock says."""
    at = max(now, last_at) if last_at else now
    day = at.astimezone(UTC).date()
    if head is None:
        return day, 1, ORIGIN, at
    return day, head.rows + 1 if head.day == day else 1, head.hash, at


class Chain:
    """Walks rows in their order and stops at the first that is not what was written.

    Details may be missing only where a later row of the chain says that they were erased: `check_erasures` at the end.
    """

    def __init__(self, after: Head | None) -> None:
        self.head = after
        self.rows = 0
        self._missing: list[tuple[Link, int]] = []
        self._erased: set[UUID] = set()

    def follow(self, row: StoredLink[Link]) -> Break | None:
        """Check one row against the one before it."""
        reason = self._wrong(row)
        if reason is not None:
            return Break(row.link.day, row.link.number, row.link.id, reason)
        if row.details is None:
            self._missing.append((row.link, self.rows))
        elif row.link.action == ERASED:
            self._erased |= {UUID(one) for one in orjson.loads(row.details)["rows"]}
        self.head = Head(row.link.day, row.link.number, row.hash)
        self.rows += 1
        return None

    def check_erasures(self) -> Break | None:
        """The first row whose details are gone and no row tells of it; `rows` are those before it then."""
        for link, before in self._missing:
            if link.id not in self._erased:
                self.rows = before
                return Break(link.day, link.number, link.id, "its details were removed")
        return None

    def _wrong(self, row: StoredLink[Link]) -> str | None:
        head = self.head
        rows = head.rows if head and head.day == row.link.day else 0
        return fault_of(row, Place(rows, head.hash if head else ORIGIN))
