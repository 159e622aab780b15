"""Log in, second half: the code that a challenge asks for."""

from chassis.database import Tx
from chassis.second_factors import SeedVault
from teams.domain import sessions as rules
from teams.domain.sessions import Device
from teams.storage import second_factors, sessions
from teams.tokens import AccessTokens, hash_secret
from teams.usecases.act_as import act_as
from teams.usecases.check_code import check_code
from teams.usecases.issue_tokens import SignedIn
from teams.usecases.open_session import open_session


async def prove_code(
    tx: Tx, access_tokens: AccessTokens, vault: SeedVault, *, challenge: str, code: str, device: Device
) -> SignedIn | None:
    """A new sign-in, or None: the challenge is over or the code does not fit. A failure has effects: it counts.

    Raises TooManyRequests while this account's codes are shut.
    """
    challenge_hash = hash_secret(challenge)
    challenged = await second_factors.try_challenge(tx, challenge_hash, rules.CHALLENGE_TRIES)
    if challenged is None:
        return None
    await act_as(tx, challenged.user_id)
    fits = await check_code(tx, vault, challenged.user_id, code)
    if not fits or not await second_factors.delete_challenge(tx, challenge_hash):
        return None
    return await open_session(
        tx,
        access_tokens,
        user_id=challenged.user_id,
        org_id=await sessions.get_last_organization(tx, challenged.user_id),
        client=challenged.client,
        device=device,
        shown_factor=await second_factors.get_confirmed_at(tx, challenged.user_id),
    )
