"""Time in: what runs on a schedule."""

from datetime import timedelta

from chassis.database import Tx
from chassis.scheduler import Schedule
from notifier import metrics
from notifier.settings import Settings
from notifier.storage import deliveries, notifications, projections

SETTLING = timedelta(days=30)
"""How long after an event a member's own event may arrive and still make them a reader of it."""

MONTHS_AHEAD = 2


def schedules(settings: Settings) -> list[Schedule]:
    """Every job of this service."""

    async def maintain_partitions(tx: Tx) -> None:
        await notifications.maintain_partitions(tx, months_ahead=MONTHS_AHEAD, keep=settings.keep_notifications)

    async def prune(tx: Tx) -> None:
        await projections.delete_settled(tx, tx.now - SETTLING)
        await deliveries.delete_ended_invitations(tx, tx.now - SETTLING)
        await deliveries.delete_finished(tx, tx.now - timedelta(days=settings.keep_deliveries_days))

    async def measure(tx: Tx) -> None:
        metrics.WAITING.set(await projections.count_waiting_sources(tx, tx.now - timedelta(minutes=5)))

    return [
        Schedule("maintain_partitions", timedelta(hours=6), maintain_partitions),
        Schedule("prune", timedelta(hours=1), prune),
        Schedule("measure", timedelta(minutes=1), measure),
    ]
