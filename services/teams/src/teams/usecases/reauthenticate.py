"""Ask a signed-in person for their password once more: who found an open browser must not take the account."""

from uuid import UUID

from chassis.database import Tx
from teams.domain import sessions as rules
from teams.domain.people import User
from teams.storage import login_attempts, users
from teams.storage.users import Account


async def begin_reauthentication(tx: Tx, user_id: UUID, client_address: str) -> tuple[User, Account]:
    """Count an attempt. Raises TooManyRequests while the door is shut; LookupError for nobody."""
    user = await users.get_user(tx, user_id)
    await login_attempts.ACCOUNT.count(tx, rules.login_door(user.email, client_address))
    account = await users.get_account(tx, user.email)
    if account is None:
        raise LookupError("a signed-in person without an account")
    return user, account


async def finish_reauthentication(tx: Tx, user: User, client_address: str) -> None:
    """The password was right: failures are forgotten."""
    await login_attempts.ACCOUNT.forgive(tx, rules.login_door(user.email, client_address))
