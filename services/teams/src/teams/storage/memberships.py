"""Table `memberships`."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from chassis.database import Row, Tx
from teams.domain.organizations import Membership

_COLUMNS = tuple(field.name for field in fields(Membership))
_SELECT_FROM = """
SELECT m.id, m.org_id, m.user_id, m.role, m.state, m.invited_by, m.joined_at, m.tokens_not_before, m.changed_at,
       m.changed_by, m.version, (SELECT r.name FROM roles r WHERE r.id = m.custom_role) AS role_name"""
_SELECT = f"{_SELECT_FROM} FROM memberships m WHERE m.org_id = $1"
_EMAIL = "CASE WHEN u.deleted_at IS NULL THEN u.email ELSE '' END AS email"
_JOIN_USER = f"{_SELECT_FROM}, {_EMAIL}, u.name FROM memberships m JOIN users u ON u.id = m.user_id"
_NOT_PURGED = """NOT EXISTS (
SELECT FROM organization_standings s WHERE s.org_id = m.org_id AND s.purged_at IS NOT NULL)"""
_NOT_DELETED = """NOT EXISTS (
SELECT FROM organization_standings s WHERE s.org_id = m.org_id AND s.deleted_at IS NOT NULL)"""
_SELECT_WITH_USER = f"{_JOIN_USER} WHERE m.org_id = $1 AND m.state = 'active'"


@dataclass(frozen=True)
class Member:
    """A membership with what the list shows of its person."""

    membership: Membership
    email: str
    name: str


@dataclass(frozen=True)
class Revocation:
    """Tokens of a session, of a person in an organization, or of a role, key or service account (`subject_id`), minted
    before `not_before` are refused.
    """

    kind: str
    session_id: UUID | None
    user_id: UUID | None
    org_id: UUID | None
    not_before: datetime
    subject_id: UUID | None


def _membership(row: Row) -> Membership:
    return Membership(**{column: row[column] for column in _COLUMNS})


async def _one(tx: Tx, org_id: UUID, user_id: UUID, lock: str = "") -> Membership | None:
    row = await tx.fetchrow(f"{_SELECT} AND m.user_id = $2 {lock}", org_id, user_id)
    return _membership(row) if row else None


async def get_membership(tx: Tx, org_id: UUID, user_id: UUID) -> Membership | None:
    """A person's membership in the current organization, also a removed one."""
    return await _one(tx, org_id, user_id)


async def hold_membership(tx: Tx, org_id: UUID, user_id: UUID) -> Membership | None:
    """The same, and nobody changes it until the transaction ends; others may hold it too. None in a deleted one."""
    return await _one(tx, org_id, user_id, f"AND {_NOT_DELETED} FOR SHARE")


async def lock_membership(tx: Tx, org_id: UUID, user_id: UUID) -> Membership | None:
    """The same, to be changed by this transaction alone."""
    return await _one(tx, org_id, user_id, "FOR NO KEY UPDATE")


async def get_active_member_by_email(tx: Tx, org_id: UUID, email: str) -> Membership | None:
    """The active member with this address, whatever its case."""
    row = await tx.fetchrow(f"{_SELECT_WITH_USER} AND lower(u.email) = lower($2)", org_id, email)
    return _membership(row) if row else None


async def list_members(tx: Tx, org_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int) -> list[Member]:
    """One page of active members, the first joined first, and one row more if there is one."""
    joined_at, membership_id = after or (None, None)
    rows = await tx.fetch(
        f"{_SELECT_WITH_USER} AND ($2::timestamptz IS NULL OR (m.joined_at, m.id) > ($2, $3::uuid))"
        " ORDER BY m.joined_at, m.id LIMIT $4",
        org_id,
        joined_at,
        membership_id,
        limit + 1,
    )
    return [Member(_membership(row), row["email"], row["name"]) for row in rows]


async def lock_of_role(tx: Tx, org_id: UUID, role: str) -> list[Member]:
    """The same, to be changed by this transaction alone."""
    return await list_of_role(tx, org_id, role, "FOR NO KEY UPDATE OF m")


async def list_of_roles(tx: Tx, org_id: UUID, roles: Sequence[str], *, limit: int) -> list[Member]:
    """The first active members with one of these roles."""
    rows = await tx.fetch(
        f"{_SELECT_WITH_USER} AND m.role = ANY($2) ORDER BY m.joined_at, m.id LIMIT $3", org_id, roles, limit
    )
    return [Member(_membership(row), row["email"], row["name"]) for row in rows]


async def get_roles(tx: Tx, org_id: UUID, people: Sequence[UUID]) -> dict[UUID, str]:
    """The roles of those people who are active members."""
    rows = await tx.fetch(
        "SELECT user_id, role FROM memberships WHERE org_id = $1 AND user_id = ANY($2) AND state = 'active'",
        org_id,
        people,
    )
    return {row["user_id"]: row["role"] for row in rows}


async def list_of_role(tx: Tx, org_id: UUID, role: str, lock: str = "") -> list[Member]:
    """All active members with a role, the first joined first."""
    rows = await tx.fetch(f"{_SELECT_WITH_USER} AND m.role = $2 ORDER BY m.joined_at, m.id {lock}", org_id, role)
    return [Member(_membership(row), row["email"], row["name"]) for row in rows]


async def count_all(tx: Tx) -> int:
    """Memberships of every organization that is not purged, removed ones too."""
    return int(await tx.fetchval(f"SELECT count(*) FROM memberships m WHERE {_NOT_PURGED}"))  # noqa: S608 - a constant


async def list_all(tx: Tx, *, after: UUID, limit: int) -> list[Member]:
    """The next of them by id: of a purged organization its own tombstone says enough."""
    rows = await tx.fetch(f"{_JOIN_USER} WHERE m.id > $1 AND {_NOT_PURGED} ORDER BY m.id LIMIT $2", after, limit)
    return [Member(_membership(row), row["email"], row["name"]) for row in rows]


async def count_owners(tx: Tx, org_id: UUID) -> int:
    """Active owners; exact while the organization is locked."""
    return int(
        await tx.fetchval(
            "SELECT count(*) FROM memberships WHERE org_id = $1 AND state = 'active' AND role = 'owner'", org_id
        )
    )


async def count_members(tx: Tx, org_id: UUID) -> int:
    """Active members."""
    found: int = await tx.fetchval("SELECT count(*) FROM memberships WHERE org_id = $1 AND state = 'active'", org_id)
    return found


async def count_seats_taken(tx: Tx, org_id: UUID) -> int:
    """Active members and invitations that may still be accepted; exact while the organization is locked."""
    return int(
        await tx.fetchval(
            "SELECT (SELECT count(*) FROM memberships WHERE org_id = $1 AND state = 'active')"
            " + (SELECT count(*) FROM team_invitations WHERE org_id = $1 AND state = 'pending' AND expires_at > $2)",
            org_id,
            tx.now,
        )
    )


async def insert_membership(tx: Tx, membership: Membership) -> bool:
    """Store a first membership; False if the person has one in this organization (also one made this instant)."""
    inserted = await tx.execute(
        "INSERT INTO memberships (id, org_id, user_id, role, state, invited_by, joined_at, tokens_not_before,"
        " changed_at, changed_by, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        " ON CONFLICT (org_id, user_id) DO NOTHING",
        membership.id,
        membership.org_id,
        membership.user_id,
        membership.role,
        membership.state,
        membership.invited_by,
        membership.joined_at,
        membership.tokens_not_before,
        membership.changed_at,
        membership.changed_by,
        membership.version,
    )
    return inserted == 1


async def update_membership(tx: Tx, membership: Membership) -> None:
    """Store a changed membership; the caller has raised `version`."""
    await tx.execute(
        "UPDATE memberships SET role = $2, state = $3, invited_by = $4, joined_at = $5, tokens_not_before = $6,"
        " changed_at = $7, changed_by = $8, version = $9 WHERE id = $1",
        membership.id,
        membership.role,
        membership.state,
        membership.invited_by,
        membership.joined_at,
        membership.tokens_not_before,
        membership.changed_at,
        membership.changed_by,
        membership.version,
    )


async def lock_all(tx: Tx, org_id: UUID) -> None:
    """Hold every active membership: no token is minted for the organization until the transaction ends."""
    await tx.execute("SELECT FROM memberships WHERE org_id = $1 AND state = 'active' FOR NO KEY UPDATE", org_id)


async def refuse_tokens(tx: Tx, org_id: UUID, at: datetime) -> None:
    """Tokens minted before then are refused, everybody's; no fact about the memberships themselves."""
    await tx.execute("UPDATE memberships SET tokens_not_before = $2 WHERE org_id = $1 AND state = 'active'", org_id, at)


async def list_revocations(tx: Tx, since: datetime) -> list[Revocation]:
    """Everything revoked after `since`, in every organization."""
    rows = await tx.fetch(
        "SELECT kind, session_id, user_id, org_id, not_before, NULL::uuid AS subject_id FROM recent_revocations($1)"
        " UNION ALL SELECT kind, NULL, NULL, NULL, not_before, subject_id FROM recent_changes_of_rights($1)",
        since,
    )
    return [Revocation(**dict(row)) for row in rows]
