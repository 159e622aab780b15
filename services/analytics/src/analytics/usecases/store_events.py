"""Store events and count them: raw rows, dedupe and rollups in one transaction."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from analytics import metrics
from analytics.domain.recorded import Recorded, Refused
from analytics.storage import events as storage
from analytics.storage import rollups
from chassis.database import Tx


async def store_events(tx: Tx, recorded: Sequence[Recorded], refused: Sequence[Refused] = ()) -> set[UUID]:
    """Returns the ids that count now; the others counted before. The organizations are locked already."""
    unique = {event.event_id: event for event in recorded}
    fresh = await storage.insert_events(tx, list(unique.values())) if unique else set()
    await rollups.add_events(tx, [event for event in unique.values() if event.event_id in fresh])
    duplicates = Counter(event.org_id for event in recorded if event.source != "derived")
    duplicates.subtract(
        event.org_id for event in unique.values() if event.event_id in fresh and event.source != "derived"
    )
    if duplicates.total():
        await storage.add_duplicates(tx, +duplicates, tx.now.date())
    if refused:
        await storage.insert_refused(tx, refused)
    metrics.EVENTS.labels("counted").inc(len(fresh))
    metrics.EVENTS.labels("duplicate").inc(duplicates.total())
    metrics.EVENTS.labels("refused").inc(len(refused))
    return fresh
