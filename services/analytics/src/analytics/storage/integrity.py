"""Whether the rollups say what the raw rows say."""

from datetime import datetime, timedelta
from uuid import UUID

from chassis.database import Row, Tx

# One statement, one snapshot: what commits meanwhile is in both sides or in neither.
_COMPARE = """
WITH raw AS (
    SELECT date_bin('15 minutes', occurred_at, timestamptz 'epoch') AS quarter, source, name, count(*) AS n,
           count(*) FILTER (WHERE received_at > occurred_at + $4::interval) AS late
    FROM analytics_events WHERE org_id = $1 AND occurred_at >= $2 GROUP BY 1, 2, 3
), quarters AS (
    SELECT quarter, source, name, count AS n FROM quarter_hour_metrics WHERE org_id = $1 AND quarter >= $2
), expected AS (
    SELECT (quarter AT TIME ZONE coalesce(time_zone, 'UTC'))::date AS day, source, name, sum(count) AS n
    FROM quarter_hour_metrics LEFT JOIN organizations USING (org_id) WHERE org_id = $1 GROUP BY 1, 2, 3
), days AS (
    SELECT day, source, name, count AS n FROM daily_metrics WHERE org_id = $1
), active AS (
    SELECT DISTINCT (occurred_at AT TIME ZONE coalesce(time_zone, 'UTC'))::date AS day, user_key
    FROM analytics_events LEFT JOIN organizations USING (org_id)
    WHERE org_id = $1 AND occurred_at >= $2 AND user_key IS NOT NULL
), counted AS (
    SELECT day, user_key, true AS there FROM daily_users WHERE org_id = $1 AND day > ($2 AT TIME ZONE 'UTC')::date
)
SELECT (SELECT coalesce(sum(n), 0) FROM raw)::bigint AS raw,
       (SELECT coalesce(sum(n), 0) FROM quarters)::bigint AS quarter_hours,
       (SELECT coalesce(sum(n), 0) FROM expected)::bigint AS all_quarter_hours,
       (SELECT coalesce(sum(n), 0) FROM days)::bigint AS days,
       (SELECT count(*) FROM raw FULL JOIN quarters USING (quarter, source, name)
        WHERE raw.n IS DISTINCT FROM quarters.n) AS wrong_quarter_hours,
       (SELECT count(*) FROM expected FULL JOIN days USING (day, source, name)
        WHERE expected.n IS DISTINCT FROM days.n) AS wrong_days,
       (SELECT count(*) FROM counted LEFT JOIN active USING (day, user_key) WHERE active.day IS NULL)
         + (SELECT count(*) FROM active LEFT JOIN counted USING (day, user_key)
            WHERE there IS NULL AND day > ($2 AT TIME ZONE 'UTC')::date) AS wrong_users,
       (SELECT coalesce(sum(late), 0) FROM raw)::bigint AS late,
       (SELECT coalesce(sum(duplicates), 0) FROM intake_counts
        WHERE org_id = $1 AND day >= ($3 AT TIME ZONE 'UTC')::date)::bigint AS duplicates,
       (SELECT count(*) FROM quarantine WHERE org_id = $1 AND received_at >= $3) AS quarantined
"""


async def compare(tx: Tx, org_id: UUID, *, since: datetime, received_since: datetime, late_after: timedelta) -> Row:
    """The sums and how many keys differ: raw against quarters of an hour since `since`, quarters against all days.

    What was turned away or put aside is counted since `received_since`.
    """
    row = await tx.fetchrow(_COMPARE, org_id, since, received_since, late_after)
    if row is None:
        raise LookupError("the comparison has no row")
    return row


async def list_organizations(tx: Tx) -> list[UUID]:
    """Everybody who has raw events or counts; organization 0 for events of none."""
    rows = await tx.fetch(
        "SELECT org_id FROM daily_metrics UNION SELECT org_id FROM quarter_hour_metrics "
        "UNION SELECT org_id FROM analytics_events ORDER BY 1"
    )
    return [row["org_id"] for row in rows]
