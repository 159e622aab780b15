"""What the overview shows, from the rollups alone."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from chassis.database import Row, Tx

DAYS = """
SELECT day, sum(count)::bigint AS events, max(changed_at) AS changed_at,
       coalesce(sum(count) FILTER (WHERE source = 'domain' AND name = 'member.joined'), 0)::bigint AS members_joined,
       coalesce(sum(count) FILTER (WHERE source = 'domain' AND name = 'member.removed'), 0)::bigint AS members_removed,
       coalesce(sum(count) FILTER (WHERE source = 'domain' AND name = 'member.invited'), 0)::bigint AS invitations_sent,
       coalesce(sum(count) FILTER (WHERE source = 'domain' AND name = 'invitation.accepted'), 0)::bigint
           AS invitations_accepted,
       coalesce(sum(count) FILTER (WHERE source = 'derived' AND name = 'user.signed_up'), 0)::bigint AS sign_ups
FROM daily_metrics WHERE org_id = $1 AND day BETWEEN $2 AND $3 GROUP BY day ORDER BY day
"""
ACTIVE = "SELECT day, count(*) AS users FROM daily_users WHERE org_id = $1 AND day BETWEEN $2 AND $3 GROUP BY day"
DISTINCT = "SELECT count(DISTINCT user_key) FROM daily_users WHERE org_id = $1 AND day BETWEEN $2 AND $3"
TOP = """
SELECT source, name, coalesce(sum(count) FILTER (WHERE day >= $3), 0)::bigint AS count,
       coalesce(sum(count) FILTER (WHERE day < $3), 0)::bigint AS previous
FROM daily_metrics WHERE org_id = $1 AND day BETWEEN $2 AND $4 GROUP BY source, name
HAVING sum(count) FILTER (WHERE day >= $3) > 0 ORDER BY count DESC, name, source LIMIT $5
"""
_CALENDAR = """
SELECT time_zone, ($2::timestamptz AT TIME ZONE time_zone)::date AS today,
       (($2::timestamptz - $3::interval) AT TIME ZONE time_zone)::date AS settling_from
FROM (SELECT coalesce((SELECT time_zone FROM organizations WHERE org_id = $1), 'UTC') AS time_zone) AS zone
"""


@dataclass(frozen=True)
class Calendar:
    """An organization's zone, its local day now, and the first local day that is expected to change still."""

    time_zone: str
    today: date
    settling_from: date


async def get_calendar(tx: Tx, org_id: UUID, settles_after: timedelta) -> Calendar:
    """UTC while no event of the organization has arrived."""
    row = await tx.fetchrow(_CALENDAR, org_id, tx.now, settles_after)
    if row is None:
        raise LookupError("the calendar has no row")
    return Calendar(**dict(row))


async def list_days(tx: Tx, org_id: UUID, first: date, last: date) -> list[Row]:
    """Counts of each local day that has any, in order."""
    return await tx.fetch(DAYS, org_id, first, last)


async def list_active(tx: Tx, org_id: UUID, first: date, last: date) -> dict[date, int]:
    """How many were active on each day that had anybody."""
    return {row["day"]: row["users"] for row in await tx.fetch(ACTIVE, org_id, first, last)}


async def count_active(tx: Tx, org_id: UUID, first: date, last: date) -> int:
    """How many different people were active in a period."""
    count: int = await tx.fetchval(DISTINCT, org_id, first, last)
    return count


async def list_top(tx: Tx, org_id: UUID, previous_first: date, first: date, last: date, *, limit: int) -> list[Row]:
    """The most frequent names of a period, with their counts in the one before."""
    return await tx.fetch(TOP, org_id, previous_first, first, last, limit)
