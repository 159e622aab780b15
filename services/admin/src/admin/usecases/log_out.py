"""Log out: the sign-in ends for every token that follows from it."""

from uuid import UUID

from admin.storage import sessions
from admin.tokens import hash_secret
from admin.usecases.record import Witness, record
from chassis.database import Tx


async def log_out(tx: Tx, by: Witness, *, session_id: UUID | None, refresh_token: str | None) -> None:
    """By whichever names a sign-in; one that is unknown or over changes nothing."""
    if refresh_token is not None and session_id is None:
        session = await sessions.lock_by_refresh_token(tx, hash_secret(refresh_token))
        session_id = session.id if session else None
        by = Witness(f"admin:{session.user_id}", by.address) if session else by
    if session_id is not None and await sessions.revoke(tx, session_id):
        record(tx, by, "auth.signed_out", f"session:{session_id}")
