"""Whether the sign-in behind a genuine token still stands; asked at every request."""

from admin.storage import sessions
from chassis.callers import StaffCaller
from chassis.database import Tx


async def admit_session(tx: Tx, caller: StaffCaller) -> bool:
    """Alive, of that person, with that role. Being asked counts as being used."""
    session = await sessions.get_session(tx, caller.session_id, role=caller.role)
    if session is None or session.user_id != caller.staff_id or not session.alive(tx.now):
        return False
    if session.wants_touch(tx.now):
        await sessions.touch(tx, session.id)
    return True
