"""Seal the days that are over."""

from datetime import UTC, timedelta

from admin.checkpoints import CheckpointSeal
from admin.domain.audit import Head
from admin.storage import audit
from chassis.database import Tx

SETTLING = timedelta(minutes=10)
"""For processes whose clocks differ: so long after midnight nobody writes into the day before."""


async def checkpoint_audit(tx: Tx, seal: CheckpointSeal) -> list[Head]:
    """The ends of the days that were sealed now; the caller writes them where the database cannot reach."""
    today = (tx.now - SETTLING).astimezone(UTC).date()
    heads = await audit.list_days_without_checkpoint(tx, today)
    for head in heads:
        await audit.insert_checkpoint(tx, head, seal.sign(head))
    return heads
