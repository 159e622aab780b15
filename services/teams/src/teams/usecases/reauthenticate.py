"""Ask a signed-in person who they are once more: who found an open browser must not take the account."""

from uuid import UUID

from chassis.database import Tx
from chassis.problems import invalid_field
from teams.domain import sessions as rules
from teams.domain.people import User
from teams.domain.sso import fresh_until
from teams.storage import login_attempts, sso_sign_ins, users
from teams.storage.users import Account


async def begin_reauthentication(tx: Tx, user_id: UUID, client_address: str) -> tuple[User, Account]:
    """By the password: count an attempt. Raises TooManyRequests while the door is shut; LookupError for nobody."""
    user = await users.get_user(tx, user_id)
    await login_attempts.ACCOUNT.count(tx, rules.login_door(user.email, client_address))
    account = await users.get_account(tx, user.email)
    if account is None:
        raise LookupError("a signed-in person without an account")
    return user, account


async def finish_reauthentication(tx: Tx, user: User, client_address: str) -> None:
    """The password was right: failures are forgotten."""
    await login_attempts.ACCOUNT.forgive(tx, rules.login_door(user.email, client_address))


async def check_fresh_sign_in(tx: Tx, user_id: UUID, session_id: UUID, pointer: str) -> User:
    """By the sign-in itself, for somebody who has no password and whose provider asked who they are minutes ago.

    Raises Invalid at `pointer`: `password_required` (they have one), `fresh_sign_in_required`; LookupError for nobody.
    """
    user = await users.get_user(tx, user_id)
    proofs = await sso_sign_ins.get_proofs(tx, session_id)
    if proofs.has_password:
        raise invalid_field(pointer, "password_required", "Enter your password.")
    if fresh_until(proofs.authenticated_at, tx.now) is None:
        raise invalid_field(
            pointer, "fresh_sign_in_required", "Sign in by single sign-on once more: for ten minutes that is enough."
        )
    return user
