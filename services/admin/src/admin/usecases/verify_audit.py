"""Walk the audit log's chain and name the first row that is not what was written."""

from dataclasses import dataclass
from datetime import date

from admin.checkpoints import CheckpointSeal
from admin.domain.audit import Break, Chain, Head
from admin.storage import audit
from admin.storage.audit import Checkpoint
from chassis.database import Tx

FIRST_DAY = date(1970, 1, 1)


@dataclass(frozen=True)
class Verdict:
    """What was walked, and the first thing that is wrong with it (None: nothing)."""

    since: date | None
    rows: int
    checkpoints: int
    broken: Break | None


async def verify_audit(tx: Tx, seal: CheckpointSeal, *, since: date | None) -> Verdict:
    """From that day on, or from the first row. A finished day must end as its signed checkpoint says."""
    day = since or FIRST_DAY
    chain = Chain(await audit.head_before(tx, day))
    ends: dict[date, Head] = {}
    async for row in audit.links_since(tx, day):
        if broken := chain.follow(row):
            return Verdict(since, chain.rows, 0, broken)
        ends[row.link.day] = Head(row.link.day, row.link.number, row.hash)
    if broken := chain.check_erasures():
        return Verdict(since, chain.rows, 0, broken)
    checkpoints = await audit.list_checkpoints(tx, day)
    for checked, checkpoint in enumerate(checkpoints):
        if broken := _compare(checkpoint, ends.get(checkpoint.head.day), seal):
            return Verdict(since, chain.rows, checked, broken)
    return Verdict(since, chain.rows, len(checkpoints), None)


def _compare(checkpoint: Checkpoint, end: Head | None, seal: CheckpointSeal) -> Break | None:
    head = checkpoint.head
    if not seal.believes(head, checkpoint.signature):
        return Break(head.day, head.rows, None, "the day's checkpoint is not signed by one of our keys")
    if end is None or end.rows < head.rows:
        return Break(head.day, (end.rows if end else 0) + 1, None, "rows were removed at the end of the day")
    if end.rows > head.rows:
        return Break(head.day, head.rows + 1, None, "rows were added after the day was over")
    if end.hash != head.hash:
        return Break(head.day, head.rows, None, "the day does not end as its checkpoint says")
    return None
