"""A forgotten password: asked for by anybody, mailed by a job, chosen anew by whoever reads the mailbox."""

from chassis.database import Tx
from teams.domain import sessions as rules
from teams.domain.links import seconds_to_wait
from teams.domain.people import User
from teams.storage import links, login_attempts, users
from teams.usecases.act_as import act_as
from teams.usecases.change_password import replace_password
from teams.usecases.end_sessions import end_all_sessions
from teams.usecases.mail_link import mail_link
from teams.usecases.take_link import take_link
from teams.usecases.verify_email import mark_verified

BATCH = 100


async def ask_for_reset(tx: Tx, email: str, client_address: str) -> None:
    """Put the question down for the job: nothing here depends on whether the address has an account.

    Raises TooManyRequests where this client asked for this address too often.
    """
    await login_attempts.ACCOUNT.count(tx, rules.reset_door(email, client_address))
    await links.insert_reset_request(tx, email)


async def send_resets(tx: Tx, *, mail_key: str) -> int:
    """Mail a link for each question about an address with an account, at most one a minute; returns how many."""
    sent = 0
    for request in await links.take_reset_requests(tx, BATCH):
        account = await users.get_account(tx, request.email)
        if account is None:
            continue
        await act_as(tx, account.user_id)
        user = await users.lock_user(tx, account.user_id)
        if seconds_to_wait(await links.get_last_sent(tx, user.id, "reset_password"), tx.now) == 0:
            await mail_link(tx, user, "reset_password", mail_key=mail_key)
            sent += 1
    return sent


async def reset_password(tx: Tx, token: str, new_hash: str) -> User:
    """The new password holds, every sign-in ends; a second factor is asked for as before.

    The link proves the mailbox, so the address counts as verified. Raises NotFound, Gone (the link).
    """
    taken = await take_link(tx, token, "reset_password")
    user = await mark_verified(tx, taken.user)
    await links.delete_links(tx, user.id, "change_email", "verify_email")
    await end_all_sessions(tx, user.id, "password_changed")
    await login_attempts.ACCOUNT.forgive(tx, rules.code_door(user.id))
    return await replace_password(tx, user, new_hash)
