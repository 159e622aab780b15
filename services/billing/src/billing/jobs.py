"""Time in: what runs on a schedule."""

from datetime import timedelta

from billing import metrics
from billing.settings import Settings
from billing.storage import webhooks
from chassis.database import Tx
from chassis.scheduler import Schedule


def schedules(settings: Settings) -> list[Schedule]:
    """Every job of this service."""

    async def forget_webhooks(tx: Tx) -> None:
        await webhooks.delete_handled(tx, timedelta(days=settings.keep_webhooks_days))

    async def measure(tx: Tx) -> None:
        counts = await webhooks.count_set_aside(tx)
        for state in ("quarantined", "dead"):
            metrics.SET_ASIDE.labels(state).set(counts.get(state, 0))

    return [
        Schedule("forget_webhooks", timedelta(hours=6), forget_webhooks),
        Schedule("measure", timedelta(minutes=1), measure),
    ]
