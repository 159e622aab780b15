"""Walk an organization's activity log and name the first row that is not what was written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.chains import Place, Seal, StoredLink, fault_of
from chassis.database import Tx
from teams.domain.activity import ORIGIN, Erasures, Link
from teams.storage import activity_chain
from teams.storage.activity_chain import Checkpoint


@dataclass(frozen=True)
class Break:
    """The first thing that is wrong: the row that stands there, or should, and why."""

    number: int
    at: datetime | None
    reason: str


@dataclass(frozen=True)
class Verdict:
    """What was walked, and the first thing that is wrong with it (None: nothing)."""

    org_id: UUID
    rows: int
    erased: int
    checkpoints: int
    broken: Break | None


async def verify_activity(tx: Tx, seal: Seal, org_id: UUID) -> Verdict:
    """All rows that are kept. What came before them must be a signed floor; what was ever sealed must stand as sealed.

    The end is read first: what is appended meanwhile is walked too and does no harm.
    """
    head = await activity_chain.get_head(tx, org_id)
    checkpoints = await activity_chain.list_checkpoints(tx, org_id)
    walk = _Walk(checkpoints, head.place if head else ORIGIN)
    broken = _check_signatures(checkpoints, seal)
    if broken is None:
        async for row in activity_chain.walk(tx, org_id):
            if broken := walk.follow(row):
                break
    broken = broken or walk.check_end() or walk.check_erasures()
    return Verdict(org_id, walk.rows, len(walk.missing), len(checkpoints), broken)


def _check_signatures(checkpoints: Sequence[Checkpoint], seal: Seal) -> Break | None:
    for one in checkpoints:
        if not seal.believes(one.content(), one.signature):
            return Break(one.place.number, None, "its checkpoint is not signed by one of our keys")
    return None


class _Walk:
    """Row after row, each after the one before it."""

    def __init__(self, checkpoints: Sequence[Checkpoint], head: Place) -> None:
        self._head = head
        self._sealed = {one.place.number: one.place.hash for one in checkpoints}
        self._floors = {0: ORIGIN} | {one.place.number: one.place for one in checkpoints if one.floor}
        self._place: Place | None = None
        self._erasures = Erasures()
        self.missing: dict[int, datetime] = {}
        self.rows = 0

    def follow(self, row: StoredLink[Link]) -> Break | None:
        """Check one row against the one before it, and against the checkpoint on it."""
        link = row.link
        before = self._place or self._floors.get(link.number - 1, ORIGIN)
        fault = fault_of(row, before)
        if fault is None and self._sealed.get(link.number, row.hash) != row.hash:
            fault = "it is not what its checkpoint says"
        if fault is None and link.number == self._head.number and row.hash != self._head.hash:
            fault = "it is not what is written as the log's end"
        if fault is not None:
            return Break(link.number, link.at, fault)
        if row.erased:
            self.missing[link.number] = link.at
        self._erasures.read(link.action, row.details)
        self._place = Place(link.number, row.hash)
        self.rows += 1
        return None

    def check_end(self) -> Break | None:
        """None that was sealed, or is written as the end, may be missing after the last row."""
        last = self._place or self._floors[max(self._floors)]
        if max(self._head.number, *self._sealed, 0) > last.number:
            return Break(last.number + 1, None, "rows were removed at the end")
        return None

    def check_erasures(self) -> Break | None:
        """Details are missing only where a row of the chain says that they were erased."""
        for number, at in self.missing.items():
            if not self._erasures.cover(number):
                return Break(number, at, "its details were removed")
        return None
