"""Log in, first half: the password. The attempt is counted before it is judged; hashing happens outside."""

from admin.domain import sign_in as rules
from admin.storage import sign_in, staff
from admin.storage.staff import Account
from admin.tokens import hash_secret, new_secret
from admin.usecases.record import Witness, record
from chassis.database import Tx


async def begin_log_in(tx: Tx, email: str, address: str) -> Account | None:
    """Count an attempt; the account, if there is one. Raises TooManyRequests while the door is shut."""
    await sign_in.BACKOFF.count(tx, rules.password_door(email, address))
    return await staff.get_account(tx, email)


async def refuse_log_in(tx: Tx, by: Witness, *, email: str, account: Account | None) -> None:
    """The password was wrong, or nobody has this address."""
    target = f"staff:{account.staff.id}" if account else ""
    record(tx, by, "auth.password_refused", target, email=email)


async def finish_log_in(tx: Tx, by: Witness, *, account: Account, new_hash: str | None, email: str) -> str:
    """The password was right: a challenge that a code must answer within five minutes."""
    await sign_in.BACKOFF.forgive(tx, rules.password_door(email, by.address))
    if new_hash is not None:
        await staff.update_password_hash(tx, account.staff.id, new_hash)
    challenge = new_secret()
    expires_at = tx.now + rules.CHALLENGE_LIFETIME
    await sign_in.insert_challenge(tx, hash_secret(challenge), account.staff.id, expires_at)
    record(tx, by, "auth.password_accepted", f"staff:{account.staff.id}", email=email)
    return challenge
