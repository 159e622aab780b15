"""Erasing a person: the ways into their account at once, what every organization's tables say of them afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Row, Tx
from teams.domain.invitations import Invitation


@dataclass(frozen=True)
class PendingErasure:
    """Somebody who ended their account, and the addresses that lead to what is left of them."""

    user_id: UUID
    addresses: list[str]
    deleted_at: datetime


@dataclass(frozen=True)
class OwnMembership:
    """Where the acting person belongs (`state` active) or belonged, until `changed_at`."""

    org_id: UUID
    organization_name: str
    role: str
    role_name: str | None
    state: str
    joined_at: datetime
    changed_at: datetime


async def list_own_memberships(tx: Tx) -> list[OwnMembership]:
    """All the acting person ever had, by organization."""
    rows = await tx.fetch(
        "SELECT org_id, organization_name, role, role_name, state, joined_at, changed_at FROM own_memberships()"
        " ORDER BY org_id"
    )
    return [OwnMembership(**dict(row)) for row in rows]


async def list_mailed_addresses(tx: Tx, user_id: UUID) -> list[str]:
    """Addresses that links of the acting person were mailed to or are about, former ones among them."""
    rows = await tx.fetch("SELECT DISTINCT lower(email) AS email FROM mailed_links WHERE user_id = $1", user_id)
    return [row["email"] for row in rows]


async def delete_ways_in(tx: Tx, user_id: UUID) -> None:
    """Links, second factors, devices and providers' identities of the acting person: none of them works any more."""
    for statement in (
        "DELETE FROM mailed_links WHERE user_id = $1",
        "DELETE FROM second_factors WHERE user_id = $1",
        "DELETE FROM recovery_codes WHERE user_id = $1",
        "DELETE FROM mfa_challenges WHERE user_id = $1",
        "DELETE FROM known_devices WHERE user_id = $1",
    ):
        await tx.execute(statement, user_id)
    await tx.execute("SELECT forget_own_identities()")


async def insert_pending(tx: Tx, pending: PendingErasure) -> None:
    """Leave the rest to the job that may look into every organization."""
    await tx.execute(
        "INSERT INTO pending_erasures (user_id, addresses, deleted_at) VALUES ($1, $2, $3)",
        pending.user_id,
        pending.addresses,
        pending.deleted_at,
    )


async def take_pending(tx: Tx, limit: int) -> list[PendingErasure]:
    """The oldest, each for one worker; they are gone when the transaction commits."""
    rows = await tx.fetch(
        "DELETE FROM pending_erasures WHERE user_id IN ("
        "SELECT user_id FROM pending_erasures ORDER BY deleted_at LIMIT $1 FOR UPDATE SKIP LOCKED)"
        " RETURNING user_id, addresses, deleted_at",
        limit,
    )
    return [PendingErasure(**dict(row)) for row in rows]


async def list_logged_addresses(tx: Tx, user_id: UUID) -> list[str]:
    """Addresses under which the activity logs know a person, except what is somebody else's account by now."""
    rows = await tx.fetch(
        "SELECT DISTINCT person FROM activity_logs l JOIN activity_details d USING (org_id, at, number),"
        " unnest(d.persons) AS person"
        " WHERE d.persons @> ARRAY[$1] AND l.subject_type = 'member' AND l.subject_id = $2"
        " AND person NOT LIKE 'user:%' AND NOT EXISTS (SELECT FROM users u WHERE lower(u.email) = person)",
        f"user:{user_id}",
        str(user_id),
    )
    return [row["person"] for row in rows]


async def erase_activity(tx: Tx, user_id: UUID, addresses: Sequence[str], until: datetime) -> list[tuple[UUID, int]]:
    """Erase the details of every row that names the person, or (up to then) an address of theirs; returns which.

    By organization and number.
    """
    rows = await tx.fetch(
        "DELETE FROM activity_details WHERE persons && $1 OR (persons && $2 AND at <= $3) RETURNING org_id, number",
        [f"user:{user_id}"],
        list(addresses),
        until,
    )
    return sorted((row["org_id"], row["number"]) for row in rows)


async def erase_invitations(tx: Tx, addresses: Sequence[str], until: datetime) -> list[Invitation]:
    """Erase the addresses of invitations made up to then; the pending ones are revoked and returned as they are now."""
    rows = await tx.fetch(
        "WITH found AS (SELECT id, state FROM team_invitations WHERE lower(email) = ANY ($1) AND created_at <= $2"
        " FOR UPDATE)"
        " UPDATE team_invitations i SET email = '', version = version + (found.state = 'pending')::int,"
        " state = CASE WHEN found.state = 'pending' THEN 'revoked' ELSE found.state END"
        " FROM found WHERE i.id = found.id"
        " RETURNING i.id, i.org_id, i.email, i.role, i.state, i.invited_by, i.sent_at, i.expires_at, i.created_at,"
        " i.version, (SELECT r.name FROM roles r WHERE r.id = i.custom_role) AS role_name,"
        " found.state = 'pending' AS revoked",
        list(addresses),
        until,
    )
    return [_invitation(row) for row in rows if row["revoked"]]


def _invitation(row: Row) -> Invitation:
    return Invitation(**{name: row[name] for name in Invitation.__dataclass_fields__})


async def list_memberships_left(tx: Tx, user_id: UUID) -> list[UUID]:
    """Organizations that a person joined while they ended their account."""
    rows = await tx.fetch(
        "SELECT org_id FROM memberships WHERE user_id = $1 AND state = 'active' ORDER BY org_id", user_id
    )
    return [row["org_id"] for row in rows]


async def erase_traces(tx: Tx, user_id: UUID, addresses: Sequence[str]) -> None:
    """What signing in, asking for a password, naming keys and repeating requests left behind."""
    await tx.execute("UPDATE sessions SET device = '', address = '' WHERE user_id = $1", user_id)
    await tx.execute("DELETE FROM reset_requests WHERE lower(email) = ANY ($1)", list(addresses))
    await tx.execute(
        "UPDATE api_keys SET name = '' WHERE created_by = $1 AND service_account_id IS NULL AND revoked_at IS NOT NULL",
        user_id,
    )
    await tx.execute("DELETE FROM idempotency_keys WHERE scope LIKE $1", f"user:{user_id} in %")
