"""Time in: what runs on a schedule."""

from datetime import timedelta

from analytics.domain.recorded import Intake
from analytics.settings import Settings
from analytics.storage import events
from chassis.database import Tx
from chassis.scheduler import Schedule

MONTHS_AHEAD = 2
KEEP_IDS = timedelta(days=36)


def schedules(settings: Settings) -> list[Schedule]:
    """Every job of this service."""

    async def maintain_partitions(tx: Tx) -> None:
        floor = Intake.at(tx.now, settings.keep_events).floor
        await events.maintain_partitions(tx, months_ahead=MONTHS_AHEAD, floor=floor)

    async def prune(tx: Tx) -> None:
        await events.delete_seen(tx, tx.now - KEEP_IDS)

    return [
        Schedule("maintain_partitions", timedelta(hours=6), maintain_partitions),
        Schedule("prune", timedelta(hours=1), prune),
    ]
