"""Table `organizations`."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from uuid import UUID

import asyncpg

from chassis.database import Row, Tx
from teams.domain.organizations import Organization

_COLUMNS = tuple(field.name for field in fields(Organization))
_SELECT = (
    "SELECT id, name, slug, locale, time_zone, created_by, created_at, version, require_mfa, logo_id FROM organizations"
)
_SELECT_OWN = (
    "SELECT o.id, o.name, slug, locale, time_zone, created_by, created_at, version, require_mfa, logo_id, role,"
    " r.name AS role_name FROM own_organizations() o JOIN own_sign_in_rules() s ON s.id = o.id"
    " LEFT JOIN own_custom_roles() r ON r.id::text = o.role"
)

_NOT_DELETED = "o.id NOT IN (SELECT id FROM own_deleted_organizations())"


@dataclass(frozen=True)
class OwnOrganization:
    """An organization one belongs to, and as what."""

    organization: Organization
    role: str
    role_name: str | None


def _organization(row: Row) -> Organization:
    return Organization(**{column: row[column] for column in _COLUMNS})


async def get_organization(tx: Tx, org_id: UUID) -> Organization:
    """The current organization. Raises LookupError."""
    row = await tx.fetchrow(f"{_SELECT} WHERE id = $1", org_id)
    if row is None:
        raise LookupError("no such organization in sight")
    return _organization(row)


async def lock_organization(tx: Tx, org_id: UUID) -> Organization:
    """The current organization, held: roles, removals, seats are decided one after the other. Raises LookupError."""
    row = await tx.fetchrow(f"{_SELECT} WHERE id = $1 FOR NO KEY UPDATE", org_id)
    if row is None:
        raise LookupError("no such organization in sight")
    return _organization(row)


async def find_organization(tx: Tx, org_id: UUID) -> Organization | None:
    """The current organization, held, for whoever names it from outside."""
    row = await tx.fetchrow(f"{_SELECT} WHERE id = $1 FOR NO KEY UPDATE", org_id)
    return _organization(row) if row else None


async def list_own_organizations(tx: Tx) -> list[OwnOrganization]:
    """Every organization the acting person belongs to, the first joined first."""
    rows = await tx.fetch(f"{_SELECT_OWN} WHERE {_NOT_DELETED} ORDER BY o.joined_at, o.id")
    return [OwnOrganization(_organization(row), row["role"], row["role_name"]) for row in rows]


async def list_own_organizations_page(tx: Tx, *, after: tuple[UUID] | None, limit: int) -> list[OwnOrganization]:
    """One page of them by id, and one row more if there is one."""
    rows = await tx.fetch(
        f"{_SELECT_OWN} WHERE {_NOT_DELETED} AND ($1::uuid IS NULL OR o.id > $1) ORDER BY o.id LIMIT $2",
        after[0] if after else None,
        limit + 1,
    )
    return [OwnOrganization(_organization(row), row["role"], row["role_name"]) for row in rows]


async def insert_organization(tx: Tx, organization: Organization) -> bool:
    """Store a new organization; False if its slug is taken."""
    inserted = await tx.execute(
        "INSERT INTO organizations (id, name, slug, locale, time_zone, created_by, created_at, version)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (slug) DO NOTHING",
        organization.id,
        organization.name,
        organization.slug,
        organization.locale,
        organization.time_zone,
        organization.created_by,
        organization.created_at,
        organization.version,
    )
    return inserted == 1


async def update_organization(tx: Tx, organization: Organization) -> None:
    """Store what may change about an organization; the caller has raised `version`."""
    await tx.execute(
        "UPDATE organizations SET name = $2, locale = $3, time_zone = $4, version = $5, require_mfa = $6, logo_id = $7"
        " WHERE id = $1",
        organization.id,
        organization.name,
        organization.locale,
        organization.time_zone,
        organization.version,
        organization.require_mfa,
        organization.logo_id,
    )


async def update_slug(tx: Tx, org_id: UUID, slug: str) -> bool:
    """Store another slug; False if an organization has it already, and nothing is changed."""
    try:
        async with tx.savepoint():
            await tx.execute("UPDATE organizations SET slug = $2 WHERE id = $1", org_id, slug)
    except asyncpg.UniqueViolationError:
        return False
    return True


async def count_all(tx: Tx) -> int:
    """All organizations."""
    return int(await tx.fetchval("SELECT count(*) FROM organizations"))


async def list_all(tx: Tx, *, after: UUID, limit: int) -> list[Organization]:
    """The next ones of them by id."""
    rows = await tx.fetch(f"{_SELECT} WHERE id > $1 ORDER BY id LIMIT $2", after, limit)
    return [_organization(row) for row in rows]


async def list_used_logos(tx: Tx, logo_ids: Sequence[UUID]) -> set[UUID]:
    """Those of them that an organization has."""
    rows = await tx.fetch("SELECT logo_id FROM organizations WHERE logo_id = ANY($1)", logo_ids)
    return {row["logo_id"] for row in rows}
