"""Log out: end the sign-in that a refresh or an access token belongs to."""

from uuid import UUID

from chassis.database import Tx
from teams.storage import sessions
from teams.tokens import hash_secret
from teams.usecases.act_as import act_as
from teams.usecases.revoke_session import revoke_session


async def log_out(tx: Tx, refresh_token: str) -> None:
    """End the sign-in of a refresh token, also an already rotated one. An unknown token changes nothing."""
    owner = await sessions.find_by_refresh_token(tx, hash_secret(refresh_token))
    if owner is not None:
        await log_out_session(tx, owner.user_id, owner.session_id)


async def log_out_session(tx: Tx, user_id: UUID, session_id: UUID) -> None:
    """End one of a person's sign-ins."""
    await act_as(tx, user_id)
    session = await sessions.lock_session(tx, session_id)
    if session is not None:
        await revoke_session(tx, session, "logout")
