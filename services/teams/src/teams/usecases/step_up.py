"""Step up: show the second factor in a sign-in that came without it, e.g. by single sign-on."""

from dataclasses import replace
from uuid import UUID

from chassis.database import Tx
from chassis.second_factors import SeedVault
from teams.storage import second_factors
from teams.tokens import AccessTokens
from teams.usecases.check_code import check_code
from teams.usecases.issue_tokens import SignedIn, issue_tokens
from teams.usecases.lock_live_session import lock_live_session
from teams.usecases.set_up_mfa import check_enabled


async def step_up(
    tx: Tx, access_tokens: AccessTokens, vault: SeedVault, *, user_id: UUID, session_id: UUID, code: str
) -> SignedIn | None:
    """An access token of the sign-in, which has shown the second factor from here on; the refresh token stays.

    None where the code does not fit, which counts. The factor is locked before the sign-in, as where it is turned on.
    Raises Conflict (`mfa_not_enabled`), TooManyRequests while the codes are shut, Unauthorized (the sign-in has ended).
    """
    await check_enabled(tx, user_id)
    if not await check_code(tx, vault, user_id, code):
        return None
    session = await lock_live_session(tx, session_id)
    shown = replace(session, shown_factor=await second_factors.get_confirmed_at(tx, user_id))
    return await issue_tokens(tx, access_tokens, shown, refresh=False)
