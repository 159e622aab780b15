"""Refresh: an old refresh token for a new pair."""

from admin.domain.sign_in import judge_refresh
from admin.storage import sessions, staff
from admin.tokens import StaffTokens, hash_secret
from admin.usecases.issue_tokens import SignedIn, issue_tokens
from admin.usecases.record import Witness, record
from chassis.database import Tx


async def refresh_session(tx: Tx, tokens: StaffTokens, by: Witness, token: str) -> SignedIn | None:
    """Rotate the token. None if it is refused: unknown, of a sign-in that ended or lay idle, or used before.

    None instead of an exception, because a reuse has an effect that must be committed: the whole sign-in ends.
    """
    session = await sessions.lock_by_refresh_token(tx, hash_secret(token))
    if session is None or not session.alive(tx.now):
        return None
    person = await staff.get_staff(tx, session.user_id)
    if person is None or not person.active:
        return None
    verdict = judge_refresh(await sessions.get_rotated_at(tx, hash_secret(token)), tx.now)
    if verdict == "reuse":
        await sessions.revoke(tx, session.id)
        themselves = Witness(f"admin:{person.id}", by.address)
        record(tx, themselves, "auth.session_revoked", f"session:{session.id}", reason="refresh token used twice")
        return None
    if verdict == "rotate":
        await sessions.retire_refresh_tokens(tx, session.id)
    await sessions.touch(tx, session.id)
    return await issue_tokens(tx, tokens, session, person)
