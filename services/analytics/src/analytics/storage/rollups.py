"""Counts by quarter of an hour, by local day, and who was active on a day."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from analytics.domain.recorded import Recorded
from chassis.database import Tx

_ADD_QUARTERS = """
INSERT INTO quarter_hour_metrics AS m (org_id, quarter, source, name, count)
SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::bigint[]) ORDER BY 1, 2, 3, 4
ON CONFLICT (org_id, quarter, source, name) DO UPDATE SET count = m.count + excluded.count
"""
_ADD_DAYS = """
INSERT INTO daily_metrics AS m (org_id, day, source, name, count, changed_at)
SELECT org_id, (quarter AT TIME ZONE coalesce(time_zone, 'UTC'))::date, source, name, sum(count), $6
FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::bigint[])
         AS added (org_id, quarter, source, name, count)
LEFT JOIN organizations USING (org_id)
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
ON CONFLICT (org_id, day, source, name)
    DO UPDATE SET count = m.count + excluded.count, changed_at = greatest(m.changed_at, excluded.changed_at)
"""
_ADD_USERS = """
INSERT INTO daily_users (org_id, day, user_key)
SELECT DISTINCT org_id, (quarter AT TIME ZONE coalesce(time_zone, 'UTC'))::date, user_key
FROM unnest($1::uuid[], $2::timestamptz[], $3::text[]) AS active (org_id, quarter, user_key)
LEFT JOIN organizations USING (org_id)
ORDER BY 1, 2, 3
ON CONFLICT DO NOTHING
"""
_FILL_DAYS = """
INSERT INTO daily_metrics (org_id, day, source, name, count, changed_at)
SELECT org_id, (quarter AT TIME ZONE coalesce(time_zone, 'UTC'))::date, source, name, sum(count), $2
FROM quarter_hour_metrics LEFT JOIN organizations USING (org_id) WHERE org_id = $1 GROUP BY 1, 2, 3, 4
"""
_DROP_USERS = """
DELETE FROM daily_users WHERE org_id = $1 AND day > ($2::timestamptz AT TIME ZONE 'UTC')::date
"""
_FILL_USERS = """
INSERT INTO daily_users (org_id, day, user_key)
SELECT DISTINCT org_id, (occurred_at AT TIME ZONE coalesce(time_zone, 'UTC'))::date, user_key
FROM analytics_events LEFT JOIN organizations USING (org_id)
WHERE org_id = $1 AND occurred_at >= $2 AND user_key IS NOT NULL
ON CONFLICT DO NOTHING
"""
_FILL_QUARTERS = """
INSERT INTO quarter_hour_metrics (org_id, quarter, source, name, count)
SELECT org_id, date_bin('15 minutes', occurred_at, timestamptz 'epoch'), source, name, count(*)
FROM analytics_events WHERE org_id = $1 AND occurred_at >= $2 GROUP BY 1, 2, 3, 4
"""


async def add_events(tx: Tx, events: Sequence[Recorded]) -> None:
    """Count newly stored events, under the lock of their organizations; rows are touched in one order everywhere."""
    if not events:
        return
    counts = Counter((event.org_id, event.quarter, event.source, event.name) for event in events)
    columns = [list(column) for column in zip(*counts, strict=True)]
    await tx.execute(_ADD_QUARTERS, *columns, list(counts.values()))
    await tx.execute(_ADD_DAYS, *columns, list(counts.values()), tx.now)
    active = {(event.org_id, event.quarter, event.user_key) for event in events if event.user_key is not None}
    if active:
        await tx.execute(_ADD_USERS, *[list(column) for column in zip(*active, strict=True)])


async def rebuild_days(tx: Tx, org_id: UUID, floor: datetime) -> None:
    """The organization's local days anew, in the zone it has now; the caller has locked it whole.

    Days before `floor` keep their active users as they were: their raw rows are gone.
    """
    await tx.execute("DELETE FROM daily_metrics WHERE org_id = $1", org_id)
    await tx.execute(_FILL_DAYS, org_id, tx.now)
    await tx.execute(_DROP_USERS, org_id, floor)
    await tx.execute(_FILL_USERS, org_id, floor)


async def rebuild_quarters(tx: Tx, org_id: UUID, floor: datetime) -> None:
    """The organization's quarters since `floor` anew, from its raw rows; the caller has locked it whole."""
    await tx.execute("DELETE FROM quarter_hour_metrics WHERE org_id = $1 AND quarter >= $2", org_id, floor)
    await tx.execute(_FILL_QUARTERS, org_id, floor)
