"""Table `team_invitations`."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Row, Tx
from teams.domain.invitations import Invitation

_SELECT = (
    "SELECT id, org_id, email, role, state, invited_by, sent_at, expires_at, created_at, version,"
    " (SELECT r.name FROM roles r WHERE r.id = custom_role) AS role_name FROM team_invitations"
)


@dataclass(frozen=True)
class Found:
    """What a link's token leads to, before anybody is known."""

    invitation_id: UUID
    org_id: UUID
    organization_name: str
    inviter_name: str
    account_exists: bool


def _invitation(row: Row) -> Invitation:
    return Invitation(**dict(row))


async def find_by_token(tx: Tx, token_hash: bytes) -> Found | None:
    """Where a link leads; None for a token we never made, or one that a newer mail replaced."""
    row = await tx.fetchrow(
        "SELECT id AS invitation_id, org_id, organization_name, inviter_name, account_exists"
        " FROM invitation_by_token($1)",
        token_hash,
    )
    return Found(**dict(row)) if row else None


async def get_invitation(tx: Tx, invitation_id: UUID) -> Invitation | None:
    """An invitation of the current organization."""
    row = await tx.fetchrow(f"{_SELECT} WHERE id = $1", invitation_id)
    return _invitation(row) if row else None


async def lock_invitation(tx: Tx, invitation_id: UUID) -> Invitation | None:
    """An invitation of the current organization, to be decided by this transaction alone."""
    row = await tx.fetchrow(f"{_SELECT} WHERE id = $1 FOR UPDATE", invitation_id)
    return _invitation(row) if row else None


async def lock_pending(tx: Tx, org_id: UUID, email: str) -> Invitation | None:
    """The invitation that an address may accept now, to be decided by this transaction alone."""
    row = await tx.fetchrow(
        f"{_SELECT} WHERE org_id = $1 AND lower(email) = lower($2) AND state = 'pending' AND expires_at > $3"
        " FOR UPDATE",
        org_id,
        email,
        tx.now,
    )
    return _invitation(row) if row else None


async def has_pending(tx: Tx, org_id: UUID, email: str) -> bool:
    """Whether this address, whatever its case, has a pending invitation."""
    return bool(
        await tx.fetchval(
            "SELECT EXISTS (SELECT FROM team_invitations WHERE org_id = $1 AND lower(email) = lower($2)"
            " AND state = 'pending')",
            org_id,
            email,
        )
    )


async def lock_expired(tx: Tx, *, org_id: UUID | None, limit: int) -> list[Invitation]:
    """Pending invitations whose time is over, of one organization or of all; held ones are left out."""
    rows = await tx.fetch(
        f"{_SELECT} WHERE state = 'pending' AND expires_at <= $1"
        " AND ($2::uuid IS NULL OR org_id = $2) ORDER BY expires_at LIMIT $3 FOR UPDATE SKIP LOCKED",
        tx.now,
        org_id,
        limit,
    )
    return [_invitation(row) for row in rows]


async def list_invitations(
    tx: Tx, org_id: UUID, *, state: str | None, after: tuple[UUID] | None, limit: int
) -> list[Invitation]:
    """One page, the newest first, and one row more if there is one. `state` as it is at this instant."""
    rows = await tx.fetch(
        f"{_SELECT} WHERE org_id = $1 AND ($2::uuid IS NULL OR id < $2)"
        " AND ($3::text IS NULL OR $3 = CASE WHEN state = 'pending' AND expires_at <= $4 THEN 'expired' ELSE state END)"
        " ORDER BY id DESC LIMIT $5",
        org_id,
        after[0] if after else None,
        state,
        tx.now,
        limit + 1,
    )
    return [_invitation(row) for row in rows]


async def insert_invitation(tx: Tx, invitation: Invitation, token_hash: bytes) -> bool:
    """Store a new invitation; False if the address has a pending one."""
    inserted = await tx.execute(
        "INSERT INTO team_invitations"
        " (id, org_id, email, role, state, invited_by, sent_at, expires_at, created_at, version, token_hash)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        " ON CONFLICT (org_id, lower(email)) WHERE state = 'pending' DO NOTHING",
        invitation.id,
        invitation.org_id,
        invitation.email,
        invitation.role,
        invitation.state,
        invitation.invited_by,
        invitation.sent_at,
        invitation.expires_at,
        invitation.created_at,
        invitation.version,
        token_hash,
    )
    return inserted == 1


async def update_invitation(tx: Tx, invitation: Invitation, token_hash: bytes | None = None) -> None:
    """Store a decided or re-sent invitation; a new token's hash replaces the old ones; `version` is raised."""
    await tx.execute(
        "UPDATE team_invitations SET state = $2, sent_at = $3, expires_at = $4, version = $5,"
        " token_hash = coalesce($6, token_hash),"
        " reminded_at = CASE WHEN $6::bytea IS NULL THEN reminded_at END,"
        " reminder_token_hash = CASE WHEN $6::bytea IS NULL THEN reminder_token_hash END WHERE id = $1",
        invitation.id,
        invitation.state,
        invitation.sent_at,
        invitation.expires_at,
        invitation.version,
        token_hash,
    )


async def give_role(tx: Tx, org_id: UUID, role: str, other: str) -> list[Invitation]:
    """Pending invitations of a role get another; as they are now, `version` raised."""
    rows = await tx.fetch(
        "UPDATE team_invitations SET role = $3, version = version + 1"
        " WHERE org_id = $1 AND role = $2 AND state = 'pending' RETURNING id, org_id, email, role, state, invited_by,"
        " sent_at, expires_at, created_at, version, (SELECT r.name FROM roles r WHERE r.id = custom_role) AS role_name",
        org_id,
        role,
        other,
    )
    return [_invitation(row) for row in rows]


async def count_sent_since(tx: Tx, org_id: UUID, since: datetime) -> int:
    """Invitations that were last mailed since then, whatever became of them."""
    return int(
        await tx.fetchval("SELECT count(*) FROM team_invitations WHERE org_id = $1 AND sent_at > $2", org_id, since)
    )


async def lock_unreminded(tx: Tx, *, expiring_before: datetime, limit: int) -> list[Invitation]:
    """Pending ones of every organization that end before then and were not reminded of; held ones are left out."""
    rows = await tx.fetch(
        f"{_SELECT} WHERE state = 'pending' AND expires_at > $1 AND expires_at <= $2 AND reminded_at IS NULL"
        " ORDER BY expires_at LIMIT $3 FOR UPDATE SKIP LOCKED",
        tx.now,
        expiring_before,
        limit,
    )
    return [_invitation(row) for row in rows]


async def update_reminded(tx: Tx, invitation_id: UUID, token_hash: bytes) -> None:
    """Its address was reminded, with a link of its own: no fact, so neither version nor event."""
    await tx.execute(
        "UPDATE team_invitations SET reminded_at = $2, reminder_token_hash = $3 WHERE id = $1",
        invitation_id,
        tx.now,
        token_hash,
    )


async def delete_all(tx: Tx, org_id: UUID) -> None:
    """Erase an organization's invitations; the worker's door alone may."""
    await tx.execute("DELETE FROM team_invitations WHERE org_id = $1", org_id)


async def count_all(tx: Tx) -> int:
    """Invitations of every organization, in whatever state."""
    return int(await tx.fetchval("SELECT count(*) FROM team_invitations"))


async def list_all(tx: Tx, *, after: UUID, limit: int) -> list[Invitation]:
    """The next ones of them by id."""
    rows = await tx.fetch(f"{_SELECT} WHERE id > $1 ORDER BY id LIMIT $2", after, limit)
    return [_invitation(row) for row in rows]
