"""Prove an address by the link mailed to it: the present one, or a new one that takes effect by this."""

from dataclasses import replace
from uuid import UUID

from chassis.database import Tx
from chassis.problems import Conflict
from contracts.teams import UserEmailVerifiedV1, UserUpdatedV1
from teams.domain.links import check_may_send
from teams.domain.people import User, same_address
from teams.events import add_user_event
from teams.storage import links, users
from teams.usecases.mail_link import mail_link
from teams.usecases.take_link import take_link


async def send_verification(tx: Tx, user_id: UUID, *, mail_key: str) -> None:
    """Mail the link again; nothing happens once the address is proven. Raises TooManyRequests within a minute."""
    user = await users.lock_user(tx, user_id)
    if user.email_verified:
        return
    check_may_send(await links.get_last_sent(tx, user_id, "verify_email"), tx.now)
    await mail_link(tx, user, "verify_email", mail_key=mail_key)


async def verify_email(tx: Tx, token: str) -> User:
    """The person with the proven address. Raises NotFound, Gone (the link), Conflict (somebody else has it by now)."""
    taken = await take_link(tx, token, "verify_email", "change_email")
    if taken.link.purpose == "change_email":
        return await change_to(tx, taken.user, taken.link.email)
    if not same_address(taken.user.email, taken.link.email):
        raise Conflict("email_changed", "This link is about an address that is no longer yours.")
    return await mark_verified(tx, taken.user)


async def mark_verified(tx: Tx, user: User) -> User:
    """A locked person's address is proven; said once."""
    if user.email_verified:
        return user
    verified = replace(user, email_verified=True, version=user.version + 1)
    await users.update_user(tx, verified)
    add_user_event(tx, UserEmailVerifiedV1, verified)
    return verified


async def change_to(tx: Tx, user: User, email: str) -> User:
    """Give a locked person another, proven address; links to the one before prove nothing more. Raises Conflict."""
    changed = replace(user, email=email, email_verified=True, version=user.version + 1)
    if await links.is_held(tx, email, user.id) or not await users.update_email(tx, changed):
        raise Conflict("email_taken", "This address belongs to another account by now.")
    await links.delete_links(tx, user.id, "verify_email", "reset_password", "change_email")
    add_user_event(tx, UserUpdatedV1, changed)
    return changed
