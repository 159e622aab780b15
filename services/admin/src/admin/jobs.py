"""Time in: what runs on a schedule."""

from datetime import timedelta

import structlog

from admin.checkpoints import CheckpointSeal
from admin.domain import sign_in as rules
from admin.storage import projections, sessions, sign_in
from admin.usecases.checkpoint_audit import checkpoint_audit
from chassis.database import Tx
from chassis.scheduler import Schedule

EVENTS_KEPT = timedelta(days=90)

log = structlog.get_logger()


def schedules(seal: CheckpointSeal) -> list[Schedule]:
    """Every job of this service."""

    async def checkpoint(tx: Tx) -> None:
        """The line in the log is the copy outside the database."""
        for head in await checkpoint_audit(tx, seal):
            signature = seal.sign(head).hex()
            log.info(
                "audit checkpoint", day=head.day.isoformat(), rows=head.rows, head=head.hash.hex(), signature=signature
            )

    async def forget(tx: Tx) -> None:
        await sign_in.BACKOFF.forget_old(tx)
        await sign_in.delete_old_challenges(tx)
        await sessions.delete_ended(tx, tx.now - rules.KEPT_AFTER_END)
        await projections.delete_old_events(tx, tx.now - EVENTS_KEPT)

    return [
        Schedule("checkpoint_audit", timedelta(hours=1), checkpoint),
        Schedule("forget", timedelta(hours=1), forget),
    ]
