"""Tables `admin_sessions` and `admin_refresh_tokens`."""

from datetime import datetime
from uuid import UUID

from admin.domain.sign_in import Session
from chassis.database import Row, Tx

_SELECT = """
SELECT s.id, s.user_id, s.authenticated_at, s.used_at, s.expires_at, s.revoked_at FROM admin_sessions s
"""


def _session(row: Row) -> Session:
    return Session(**dict(row))


async def insert_session(tx: Tx, session: Session) -> None:
    """Store a new sign-in."""
    await tx.execute(
        "INSERT INTO admin_sessions (id, user_id, authenticated_at, used_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        session.id,
        session.user_id,
        session.authenticated_at,
        session.used_at,
        session.expires_at,
    )


async def get_session(tx: Tx, session_id: UUID, *, role: str) -> Session | None:
    """The sign-in of an active person who still has that role."""
    row = await tx.fetchrow(
        f"{_SELECT} JOIN admin_users u ON u.id = s.user_id WHERE s.id = $1 AND u.state = 'active' AND u.role = $2",
        session_id,
        role,
    )
    return _session(row) if row else None


async def lock_by_refresh_token(tx: Tx, token_hash: bytes) -> Session | None:
    """Whose refresh token this is, held: refreshes and sign-outs happen one after the other."""
    row = await tx.fetchrow(
        f"{_SELECT} JOIN admin_refresh_tokens t ON s.id = t.session_id WHERE t.token_hash = $1 FOR NO KEY UPDATE OF s",
        token_hash,
    )
    return _session(row) if row else None


async def touch(tx: Tx, session_id: UUID) -> None:
    """It was used just now; a slower clock elsewhere never takes that back."""
    await tx.execute("UPDATE admin_sessions SET used_at = greatest(used_at, $2) WHERE id = $1", session_id, tx.now)


async def revoke(tx: Tx, session_id: UUID) -> bool:
    """End it; False if it had ended."""
    return (
        await tx.execute(
            "UPDATE admin_sessions SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", session_id, tx.now
        )
        == 1
    )


async def get_rotated_at(tx: Tx, token_hash: bytes) -> datetime | None:
    """When a refresh token was replaced, None while it is fresh. Read it while the session is locked."""
    found: datetime | None = await tx.fetchval(
        "SELECT rotated_at FROM admin_refresh_tokens WHERE token_hash = $1", token_hash
    )
    return found


async def insert_refresh_token(tx: Tx, session_id: UUID, token_hash: bytes) -> None:
    """Store a new refresh token of a sign-in."""
    await tx.execute(
        "INSERT INTO admin_refresh_tokens (token_hash, session_id, issued_at) VALUES ($1, $2, $3)",
        token_hash,
        session_id,
        tx.now,
    )


async def retire_refresh_tokens(tx: Tx, session_id: UUID) -> None:
    """Mark every fresh token of the sign-in as replaced."""
    await tx.execute(
        "UPDATE admin_refresh_tokens SET rotated_at = $2 WHERE session_id = $1 AND rotated_at IS NULL",
        session_id,
        tx.now,
    )


async def delete_ended(tx: Tx, before: datetime) -> int:
    """Forget sign-ins that ended before then, with their tokens; returns how many."""
    return await tx.execute("DELETE FROM admin_sessions WHERE expires_at < $1 OR revoked_at < $1", before)
