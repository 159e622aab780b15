"""Change one's address: asked for, proven by the new mailbox, taken back by the old one for a week."""

from uuid import UUID

from chassis.database import Tx
from chassis.problems import invalid_field
from teams.domain.links import check_may_send
from teams.domain.people import User, same_address
from teams.storage import links, users
from teams.usecases.end_sessions import end_all_sessions
from teams.usecases.mail_link import mail_link
from teams.usecases.take_link import take_link
from teams.usecases.verify_email import change_to


async def ask_for_email(tx: Tx, user_id: UUID, email: str, *, mail_key: str) -> None:
    """Mail the new address a link that makes it the person's, and the old one a link that undoes it.

    Whether the new address has an account shows only to whoever reads its mailbox. Raises Invalid (the present
    address), TooManyRequests (asked a moment ago).
    """
    user = await users.lock_user(tx, user_id)
    if same_address(user.email, email):
        raise invalid_field("/email", "email_unchanged", "This is your address already.")
    check_may_send(await links.get_last_sent(tx, user_id, "change_email"), tx.now)
    await mail_link(tx, user, "change_email", mail_key=mail_key, email=email, new_email=email)
    await mail_link(tx, user, "restore_email", mail_key=mail_key, new_email=email)


async def withdraw_email(tx: Tx, user_id: UUID) -> None:
    """The person does not want the new address after all; the link to it works no more."""
    await users.lock_user(tx, user_id)
    await links.delete_links(tx, user_id, "change_email")


async def restore_email(tx: Tx, token: str, *, dead_hash: str, mail_key: str) -> User:
    """Undo a change somebody else made: the address is back, every sign-in ends, the password works no more.

    `dead_hash` is the hash of a password nobody knows; a link to choose a new one is mailed. Links that would undo
    this again, sent later than the one that is used, work no more. Raises NotFound, Gone (the link), Conflict.
    """
    taken = await take_link(tx, token, "restore_email")
    user = taken.user
    await links.delete_links(tx, user.id, "restore_email", since=taken.link.sent_at)
    await links.delete_links(tx, user.id, "change_email")
    if not same_address(user.email, taken.link.email):
        user = await change_to(tx, user, taken.link.email)
    await users.update_password_hash(tx, user.id, dead_hash)
    await end_all_sessions(tx, user.id, "revoked")
    await mail_link(tx, user, "reset_password", mail_key=mail_key)
    return user
