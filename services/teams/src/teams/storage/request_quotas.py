"""Table `request_quotas`: how often an organization may call, a projection of what billing sells."""

from uuid import UUID

from chassis.database import Tx
from teams.domain.organizations import FREE_QUOTA


async def get_quota(tx: Tx, org_id: UUID) -> int | None:
    """Requests a minute: what was bought, Free's while billing has said nothing; None where the plan has no bound."""
    row = await tx.fetchrow("SELECT requests_per_minute FROM request_quotas WHERE org_id = $1", org_id)
    if row is None:
        return FREE_QUOTA
    bought: int | None = row["requests_per_minute"]
    return bought


async def store_quota(tx: Tx, org_id: UUID, requests_per_minute: int | None, sequence: int) -> None:
    """Keep it, unless a later word was heard already."""
    await tx.execute(
        "INSERT INTO request_quotas (org_id, requests_per_minute, sequence) VALUES ($1, $2, $3)"
        " ON CONFLICT (org_id) DO UPDATE"
        " SET requests_per_minute = excluded.requests_per_minute, sequence = excluded.sequence"
        " WHERE request_quotas.sequence < excluded.sequence",
        org_id,
        requests_per_minute,
        sequence,
    )
