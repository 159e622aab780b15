"""Revoke a sign-in: its refresh tokens die here, its access tokens everywhere by the event."""

from dataclasses import replace

from chassis.database import Tx
from teams.domain.sessions import Session
from teams.events import add_session_revoked
from teams.storage import sessions


async def revoke_session(tx: Tx, session: Session, reason: str) -> None:
    """End a locked sign-in; nothing happens if it is revoked already."""
    if session.revoked_at is not None:
        return
    at = tx.clock.now()
    revoked = replace(session, revoked_at=at, version=session.version + 1)
    await sessions.update_session(tx, revoked)
    add_session_revoked(tx, revoked, at=at, reason=reason)
