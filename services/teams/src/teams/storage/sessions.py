"""Tables `sessions` and `refresh_tokens`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Row, Tx
from teams.domain.sessions import Client, Device, Session

_SELECT = (
    "SELECT id, user_id, current_organization, client, expires_at, revoked_at, version, shown_factor FROM sessions"
)


@dataclass(frozen=True)
class TokenOwner:
    """Whose refresh token it is."""

    session_id: UUID
    user_id: UUID


@dataclass(frozen=True)
class SignIn:
    """A sign-in as the list of devices shows it."""

    id: UUID
    client: Client
    device: str
    address: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime


def _session(row: Row) -> Session:
    return Session(**dict(row))


async def find_by_refresh_token(tx: Tx, token_hash: bytes) -> TokenOwner | None:
    """Whose token this is; works before anybody is known."""
    row = await tx.fetchrow("SELECT session_id, user_id FROM session_by_refresh_token($1)", token_hash)
    return TokenOwner(row["session_id"], row["user_id"]) if row else None


async def token_stands(
    tx: Tx,
    *,
    session_id: UUID,
    user_id: UUID,
    org_id: UUID | None,
    role: str | None,
    custom_roles: Sequence[UUID],
    minted: datetime,
) -> bool:
    """Whether sign-in, membership and role are still what a token says; works before anybody is known."""
    return bool(
        await tx.fetchval(
            "SELECT token_stands($1, $2, $3, $4, $5, $6) AND roles_stand($7, $3, $5)",
            session_id,
            user_id,
            org_id,
            role,
            minted,
            tx.now,
            custom_roles,
        )
    )


async def lock_session(tx: Tx, session_id: UUID) -> Session | None:
    """One of the acting person's sign-ins, held: refresh, switch and revocation happen one after the other."""
    row = await tx.fetchrow(f"{_SELECT} WHERE id = $1 FOR NO KEY UPDATE", session_id)
    return _session(row) if row else None


async def list_live_sessions(tx: Tx, user_id: UUID, *, before: UUID | None, limit: int) -> list[SignIn]:
    """One page of a person's sign-ins that still hold, the newest first, and one row more if there is one."""
    rows = await tx.fetch(
        "SELECT id, client, device, address, created_at, used_at, expires_at FROM sessions"
        " WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 AND ($3::uuid IS NULL OR id < $3)"
        " ORDER BY id DESC LIMIT $4",
        user_id,
        tx.now,
        before,
        limit + 1,
    )
    return [SignIn(**dict(row)) for row in rows]


async def lock_live_sessions(tx: Tx, user_id: UUID) -> list[Session]:
    """All of a person's sign-ins that still hold, locked in one order."""
    rows = await tx.fetch(
        f"{_SELECT} WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 ORDER BY id FOR NO KEY UPDATE",
        user_id,
        tx.now,
    )
    return [_session(row) for row in rows]


async def get_last_organization(tx: Tx, user_id: UUID) -> UUID | None:
    """Where the person was at their latest sign-in; they may have left it since."""
    found: UUID | None = await tx.fetchval(
        "SELECT current_organization FROM sessions WHERE user_id = $1 AND current_organization IS NOT NULL"
        " ORDER BY used_at DESC LIMIT 1",
        user_id,
    )
    return found


async def insert_session(tx: Tx, session: Session, device: Device) -> None:
    """Store a new sign-in."""
    await tx.execute(
        "INSERT INTO sessions"
        " (id, user_id, current_organization, client, expires_at, revoked_at, version, used_at, created_at,"
        " device, address, shown_factor)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11)",
        session.id,
        session.user_id,
        session.current_organization,
        session.client,
        session.expires_at,
        session.revoked_at,
        session.version,
        tx.now,
        device.name,
        device.address,
        session.shown_factor,
    )


async def update_session(tx: Tx, session: Session) -> None:
    """Store a used, switched, stepped-up or revoked sign-in; the caller has raised `version` where it states a fact."""
    await tx.execute(
        "UPDATE sessions SET current_organization = $2, revoked_at = $3, version = $4, used_at = $5, shown_factor = $6"
        " WHERE id = $1",
        session.id,
        session.current_organization,
        session.revoked_at,
        session.version,
        tx.now,
        session.shown_factor,
    )


async def get_rotated_at(tx: Tx, token_hash: bytes) -> datetime | None:
    """When a refresh token was replaced, None while it is fresh. Read it while the session is locked."""
    found: datetime | None = await tx.fetchval(
        "SELECT rotated_at FROM refresh_tokens WHERE token_hash = $1", token_hash
    )
    return found


async def insert_refresh_token(tx: Tx, session: Session, token_hash: bytes) -> None:
    """Store a new refresh token of a sign-in."""
    await tx.execute(
        "INSERT INTO refresh_tokens (token_hash, session_id, user_id, issued_at) VALUES ($1, $2, $3, $4)",
        token_hash,
        session.id,
        session.user_id,
        tx.now,
    )


async def retire_refresh_tokens(tx: Tx, session_id: UUID) -> None:
    """Mark every fresh token of the sign-in as replaced: twins made in the leeway die with the one that is used."""
    await tx.execute(
        "UPDATE refresh_tokens SET rotated_at = $2 WHERE session_id = $1 AND rotated_at IS NULL", session_id, tx.now
    )


async def delete_ended_sessions(tx: Tx, before: datetime, limit: int) -> int:
    """Forget sign-ins that ended before then, with their tokens; returns how many."""
    return await tx.execute(
        "DELETE FROM sessions WHERE id IN ("
        "SELECT id FROM sessions WHERE expires_at < $1 OR revoked_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        before,
        limit,
    )
