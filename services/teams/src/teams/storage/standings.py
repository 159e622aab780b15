"""Table `organization_standings`."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from chassis.database import Row, Tx
from teams.domain.standings import Standing

_SELECT = (
    "SELECT org_id, suspended_at, suspension_reason, deleted_at, deleted_by, purged_at FROM organization_standings"
)


@dataclass(frozen=True)
class DeletedOrganization:
    """One of the acting person's that waits for its end."""

    id: UUID
    name: str
    slug: str
    deleted_at: datetime
    role: str


def _standing(row: Row) -> Standing:
    return Standing(**{field.name: row[field.name] for field in fields(Standing)})


async def get_standing(tx: Tx, org_id: UUID) -> Standing:
    """An organization's; exact while the organization is locked."""
    row = await tx.fetchrow(f"{_SELECT} WHERE org_id = $1", org_id)
    return _standing(row) if row else Standing()


async def store_standing(tx: Tx, org_id: UUID, standing: Standing) -> None:
    """Store it as it is now."""
    await tx.execute(
        "INSERT INTO organization_standings"
        " (org_id, suspended_at, suspension_reason, deleted_at, deleted_by, purged_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (org_id) DO UPDATE SET"
        " suspended_at = excluded.suspended_at, suspension_reason = excluded.suspension_reason,"
        " deleted_at = excluded.deleted_at, deleted_by = excluded.deleted_by, purged_at = excluded.purged_at",
        org_id,
        standing.suspended_at,
        standing.suspension_reason,
        standing.deleted_at,
        standing.deleted_by,
        standing.purged_at,
    )


async def list_own_deleted(tx: Tx) -> list[DeletedOrganization]:
    """The acting person's organizations that were deleted, the latest first."""
    rows = await tx.fetch("SELECT id, name, slug, deleted_at, role FROM own_deleted_organizations() ORDER BY 4 DESC")
    return [DeletedOrganization(**dict(row)) for row in rows]


async def list_standings(tx: Tx, org_ids: Sequence[UUID]) -> dict[UUID, Standing]:
    """Of those organizations that have one."""
    rows = await tx.fetch(f"{_SELECT} WHERE org_id = ANY($1)", org_ids)
    return {row["org_id"]: _standing(row) for row in rows}


async def list_due_for_purge(tx: Tx, before: datetime, limit: int) -> list[UUID]:
    """Organizations that were deleted before then and not purged yet; decided again under the organization's lock."""
    rows = await tx.fetch(
        "SELECT org_id FROM organization_standings WHERE deleted_at < $1 AND purged_at IS NULL"
        " ORDER BY deleted_at LIMIT $2",
        before,
        limit,
    )
    return [row["org_id"] for row in rows]
