"""Take an invitation back."""

from dataclasses import replace
from uuid import UUID

from chassis.database import Tx
from chassis.problems import NotFound
from contracts.permissions import Permission
from contracts.teams import InvitationRevokedV1
from teams.domain.activity import Action, Subject
from teams.domain.invitations import check_pending
from teams.events import add_invitation_event
from teams.storage import invitations
from teams.usecases.act_as import get_acting_member
from teams.usecases.record_activity import record_activity


async def revoke_invitation(tx: Tx, *, org_id: UUID, actor_id: UUID, invitation_id: UUID) -> None:
    """Its link stops working and its seat is free again. Raises NotFound, Forbidden, Conflict (not pending)."""
    invitation = await invitations.lock_invitation(tx, invitation_id)
    if invitation is None:
        raise NotFound
    await get_acting_member(tx, org_id, actor_id, Permission.INVITATIONS_REVOKE)
    check_pending(invitation, tx.now)
    revoked = replace(invitation, state="revoked", version=invitation.version + 1)
    await invitations.update_invitation(tx, revoked)
    add_invitation_event(tx, InvitationRevokedV1, revoked)
    record_activity(tx, Action.INVITATION_REVOKED, Subject.invitation(revoked.id, revoked.email))
