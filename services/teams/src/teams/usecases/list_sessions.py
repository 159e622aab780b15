"""List the sign-ins that still hold: one's devices."""

from uuid import UUID

from chassis.database import Tx
from teams.storage import sessions
from teams.storage.sessions import SignIn


async def list_sessions(tx: Tx, user_id: UUID, *, before: tuple[UUID] | None, limit: int) -> list[SignIn]:
    """The newest first, one more than a page."""
    return await sessions.list_live_sessions(tx, user_id, before=before[0] if before else None, limit=limit)
