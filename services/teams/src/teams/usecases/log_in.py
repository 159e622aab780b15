"""Log in: count the attempt, compare the password outside any transaction, then open the session or ask for a code."""

from dataclasses import dataclass

from chassis.database import Tx
from teams.domain import sessions as rules
from teams.domain.sessions import Client, Device
from teams.storage import login_attempts, second_factors, sessions, users
from teams.storage.users import Account
from teams.tokens import AccessTokens, hash_secret, new_secret
from teams.usecases.act_as import act_as
from teams.usecases.demand_sso import refuse_password
from teams.usecases.issue_tokens import SignedIn
from teams.usecases.open_session import open_session


@dataclass(frozen=True)
class Challenge:
    """The password was right; a code must follow with this secret within five minutes."""

    secret: str


async def begin_log_in(tx: Tx, email: str, client_address: str) -> Account | None:
    """Count an attempt before it is judged, so that guesses sent at once count too; the account, if there is one.

    Raises TooManyRequests while this client's door to this account, or to all accounts, is shut: before the password
    is looked at, and whether or not the account exists.
    """
    await login_attempts.ACCOUNT.count(tx, rules.login_door(email, client_address))
    await login_attempts.ADDRESS.count(tx, rules.address_door(client_address))
    return await users.get_account(tx, email)


async def finish_log_in(
    tx: Tx,
    access_tokens: AccessTokens,
    *,
    account: Account,
    new_hash: str | None,
    email: str,
    client: Client,
    device: Device,
) -> SignedIn | Challenge | None:
    """The password was right: forget the failures, sign in where the person was last, or ask for their code.

    None where address or password became another while it was compared. Raises Forbidden (`sso_required`): said to
    nobody but who knows the password.
    """
    await login_attempts.ACCOUNT.forgive(tx, rules.login_door(email, device.address))
    await login_attempts.ADDRESS.take_back(tx, rules.address_door(device.address))
    await act_as(tx, account.user_id)
    await users.lock_user(tx, account.user_id)
    if await users.get_account(tx, email) != account:
        return None
    await refuse_password(tx, account.user_id)
    if new_hash is not None:
        await users.update_password_hash(tx, account.user_id, new_hash)
    if await second_factors.get_confirmed_at(tx, account.user_id) is not None:
        return await _challenge(tx, account, client)
    org_id = await sessions.get_last_organization(tx, account.user_id)
    return await open_session(tx, access_tokens, user_id=account.user_id, org_id=org_id, client=client, device=device)


async def _challenge(tx: Tx, account: Account, client: Client) -> Challenge:
    challenge = Challenge(new_secret())
    await second_factors.insert_challenge(
        tx,
        hash_secret(challenge.secret),
        account.user_id,
        client=client,
        expires_at=tx.now + rules.CHALLENGE_LIFETIME,
    )
    return challenge
