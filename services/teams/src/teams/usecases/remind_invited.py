"""Remind people whose invitation runs out within a day."""

from dataclasses import replace

from chassis.database import Tx
from teams.domain import invitations as rules
from teams.domain.invitations import Invitation
from teams.storage import invitations, organizations, standings, users
from teams.tokens import hash_secret, new_secret
from teams.usecases.invite_member import send_link

BATCH = 200


async def remind_invited(tx: Tx, mail_key: str) -> int:
    """Up to 200, each once in its life; returns how many. The rest waits. Works through the worker's door.

    The reminder has a link of its own: the first one's token is known as a hash only, and it goes on working.
    """
    due = await invitations.lock_unreminded(tx, expiring_before=tx.now + rules.REMINDED_BEFORE_END, limit=BATCH)
    for invitation in due:
        await _remind(tx, invitation, mail_key)
    return len(due)


async def _remind(tx: Tx, invitation: Invitation, mail_key: str) -> None:
    token = new_secret()
    await invitations.update_reminded(tx, invitation.id, hash_secret(token))
    standing = await standings.get_standing(tx, invitation.org_id)
    if standing.deleted_at is not None or standing.suspended:
        return
    organization = await organizations.get_organization(tx, invitation.org_id)
    inviter = await users.get_user(tx, invitation.invited_by)
    tx.context = replace(tx.context, org_id=invitation.org_id)
    send_link(tx, invitation, organization, inviter, token=token, mail_key=mail_key, reminder=True)
