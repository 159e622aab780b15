"""Use a mailed link: whoever shows it acts as its person, once."""

from dataclasses import dataclass

from chassis.database import Tx
from chassis.problems import NotFound
from teams.domain.links import Link, Purpose, check_link
from teams.domain.people import User
from teams.storage import links, users
from teams.tokens import hash_secret
from teams.usecases.act_as import act_as


@dataclass(frozen=True)
class Taken:
    """A link that is used up, and its person, locked."""

    link: Link
    user: User


async def look_at_link(tx: Tx, token: str, *purposes: Purpose) -> Taken:
    """Whose link it is, without using it. Raises NotFound `link_unknown`, Gone `link_expired`."""
    link = check_link(await links.find_link(tx, hash_secret(token)), tx.now, *purposes)
    await act_as(tx, link.user_id)
    return Taken(link, await users.get_user(tx, link.user_id))


async def take_link(tx: Tx, token: str, *purposes: Purpose) -> Taken:
    """The same, and it works no more: of two requests with one link the second finds it used."""
    seen = await look_at_link(tx, token, *purposes)
    user = await users.lock_user(tx, seen.link.user_id)
    if not await links.delete_link(tx, hash_secret(token)):
        raise NotFound("This link is not valid: it was used, or a newer mail replaced it.", code="link_unknown")
    return Taken(seen.link, user)
