"""Send an invitation again, with a new link for another seven days; the old link stops working."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from chassis.database import Tx
from chassis.problems import NotFound
from contracts.permissions import Permission
from contracts.teams import MemberInvitedV1
from teams.domain import invitations as rules
from teams.domain.activity import Action, Subject
from teams.domain.invitations import Invitation, check_may_resend, check_not_flooding, check_pending
from teams.domain.roles import check_may_grant
from teams.events import add_invitation_event
from teams.storage import invitations, organizations, users
from teams.storage.roles import hold_role
from teams.tokens import hash_secret, new_secret
from teams.usecases.act_as import get_acting_member
from teams.usecases.invite_member import send_link
from teams.usecases.record_activity import record_activity


async def resend_invitation(tx: Tx, *, org_id: UUID, actor_id: UUID, invitation_id: UUID, mail_key: str) -> Invitation:
    """Only a token's hash is stored, so a new mail needs a new token.

    Raises NotFound, Conflict (not pending), Forbidden (role above own), TooManyRequests (less than a minute ago, or
    too many in the hour).
    """
    invitation = await invitations.lock_invitation(tx, invitation_id)
    if invitation is None:
        raise NotFound
    actor = await get_acting_member(tx, org_id, actor_id, Permission.INVITATIONS_CREATE)
    check_may_grant(actor.permissions, (await hold_role(tx, org_id, invitation.role)).permissions)
    check_pending(invitation, tx.now)
    check_may_resend(invitation, tx.now)
    check_not_flooding(await invitations.count_sent_since(tx, org_id, tx.now - timedelta(hours=1)))
    sent = replace(invitation, sent_at=tx.now, expires_at=tx.now + rules.LIFETIME, version=invitation.version + 1)
    token = new_secret()
    await invitations.update_invitation(tx, sent, hash_secret(token))
    add_invitation_event(tx, MemberInvitedV1, sent)
    record_activity(tx, Action.INVITATION_RESENT, Subject.invitation(sent.id, sent.email))
    organization = await organizations.get_organization(tx, org_id)
    send_link(tx, sent, organization, await users.get_user(tx, actor_id), token=token, mail_key=mail_key)
    return sent
