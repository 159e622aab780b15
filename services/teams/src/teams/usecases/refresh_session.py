"""Refresh: an old refresh token for a new pair."""

from chassis.database import Tx
from teams.domain.sessions import judge_refresh
from teams.storage import sessions
from teams.tokens import AccessTokens, hash_secret
from teams.usecases.act_as import act_as
from teams.usecases.demand_sso import must_come_by_sso
from teams.usecases.issue_tokens import SignedIn, issue_tokens
from teams.usecases.revoke_session import revoke_session


async def refresh_session(tx: Tx, access_tokens: AccessTokens, token: str) -> SignedIn | None:
    """Rotate the token. None if it is refused: unknown, of an ended sign-in, used before, or by another door than the
    single sign-on that its person's organization demands by now.

    None instead of an exception, because the last two have an effect that must be committed: the sign-in is revoked.
    """
    owner = await sessions.find_by_refresh_token(tx, hash_secret(token))
    if owner is None:
        return None
    await act_as(tx, owner.user_id)
    session = await sessions.lock_session(tx, owner.session_id)
    if session is None or not session.alive(tx.now):
        return None
    verdict = judge_refresh(await sessions.get_rotated_at(tx, hash_secret(token)), tx.now)
    if verdict == "reuse":
        await revoke_session(tx, session, "refresh_reuse")
        return None
    if await must_come_by_sso(tx, session.user_id, session.id):
        await revoke_session(tx, session, "revoked")
        return None
    if verdict == "rotate":
        await sessions.retire_refresh_tokens(tx, session.id)
    return await issue_tokens(tx, access_tokens, session, refresh=True)
