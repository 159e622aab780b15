"""Say whether the sign-in and the membership behind a genuine token still stand."""

from datetime import UTC, datetime

from chassis.callers import Caller
from chassis.database import Tx
from teams.storage import api_keys, sessions


async def check_token(tx: Tx, caller: Caller) -> bool:
    """False once the sign-in or key ended, the person left, or a role changed after the token was minted."""
    minted = datetime.fromtimestamp(caller.issued_at, UTC)
    if caller.is_api_key:
        return await api_keys.token_stands(tx, caller, minted)
    return await sessions.token_stands(
        tx,
        session_id=caller.session_id,
        user_id=caller.user_id,
        org_id=caller.org_id,
        role=caller.role,
        custom_roles=caller.custom_roles,
        minted=minted,
    )
