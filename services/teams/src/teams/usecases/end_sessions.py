"""End sign-ins of a person: one device, all others, all."""

from uuid import UUID

from chassis.database import Tx
from chassis.problems import NotFound
from teams.storage import second_factors, sessions
from teams.usecases.revoke_session import revoke_session


async def end_session(tx: Tx, session_id: UUID) -> None:
    """End one of the acting person's sign-ins. Raises NotFound for one that ended or is another's."""
    session = await sessions.lock_session(tx, session_id)
    if session is None or not session.alive(tx.now):
        raise NotFound
    await revoke_session(tx, session, "revoked")


async def end_other_sessions(tx: Tx, user_id: UUID, kept: UUID, reason: str) -> int:
    """End all of a person's sign-ins but one, and those that wait for a code; returns how many had been open."""
    await second_factors.delete_challenges(tx, user_id)
    others = [one for one in await sessions.lock_live_sessions(tx, user_id) if one.id != kept]
    for session in others:
        await revoke_session(tx, session, reason)
    return len(others)


async def end_all_sessions(tx: Tx, user_id: UUID, reason: str) -> None:
    """End all of a person's sign-ins, and those that wait for a code.

    Those first: one that is being answered holds its row, and its new sign-in is seen once it let go.
    """
    await second_factors.delete_challenges(tx, user_id)
    for session in await sessions.lock_live_sessions(tx, user_id):
        await revoke_session(tx, session, reason)
