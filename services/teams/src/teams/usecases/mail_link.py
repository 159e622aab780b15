"""Mail a person a link: its token leaves this process only inside a box that notifier alone can open."""

from chassis import outbox
from chassis.database import Tx
from contracts.commands import SendAccountEmailV1
from teams.domain.links import LIFETIMES, Link, Purpose
from teams.domain.people import User
from teams.storage import links
from teams.tokens import hash_secret, new_secret


async def mail_link(
    tx: Tx, user: User, purpose: Purpose, *, mail_key: str, email: str | None = None, new_email: str | None = None
) -> None:
    """Send it to `email` (the person's own by default); a newer link replaces older ones of its purpose.

    Links that bring an address back stay: the owner may use the first of several. The person must be locked.
    """
    link = Link(user.id, purpose, email or user.email, tx.now, tx.now + LIFETIMES[purpose])
    if purpose != "restore_email":
        await links.delete_links(tx, user.id, purpose)
    token = new_secret()
    await links.insert_link(tx, link, hash_secret(token))
    command = SendAccountEmailV1(
        kind=purpose,
        user_id=user.id,
        email=link.email,
        name=user.name,
        locale=user.locale,
        token=token,
        expires_at=link.expires_at,
        new_email=new_email,
    )
    outbox.add_command(tx, command, public_key=mail_key)
