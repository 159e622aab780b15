"""Lock the sign-in behind a request's token."""

from uuid import UUID

from chassis.database import Tx
from chassis.problems import Unauthorized
from teams.domain.sessions import Session
from teams.storage import sessions


async def lock_live_session(tx: Tx, session_id: UUID) -> Session:
    """The acting person's sign-in, locked. Raises Unauthorized if it ended while its token was still good."""
    session = await sessions.lock_session(tx, session_id)
    if session is None or not session.alive(tx.now):
        raise Unauthorized("session_ended", "This sign-in has ended: sign in again.")
    return session
