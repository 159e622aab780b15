"""Accept an invitation: its address is proven, the person joins, the sign-in moves to the organization."""

from dataclasses import replace
from uuid import UUID

from chassis.database import Tx
from chassis.problems import Conflict, NotFound
from contracts.ids import new_id
from contracts.teams import InvitationAcceptedV1
from teams.domain.activity import Action, Subject
from teams.domain.invitations import Invitation, check_addressee, check_open
from teams.domain.organizations import Membership
from teams.domain.people import User
from teams.events import add_invitation_event, add_member_joined
from teams.storage import invitations, memberships, users
from teams.storage.invitations import Found
from teams.tokens import AccessTokens, hash_secret
from teams.usecases.act_as import act_as
from teams.usecases.check_not_deleted import check_not_deleted
from teams.usecases.demand_sso import refuse_invitation
from teams.usecases.issue_tokens import SignedIn, issue_tokens
from teams.usecases.lock_live_session import lock_live_session
from teams.usecases.record_activity import record_activity
from teams.usecases.verify_email import mark_verified


async def accept_invitation(
    tx: Tx, access_tokens: AccessTokens, *, user_id: UUID, session_id: UUID, token: str
) -> SignedIn:
    """Join as the invited address; the answer's access token is for the new organization, the refresh token stays.

    Raises NotFound (no such token), Forbidden (another address, or one held to single sign-on), Gone (expired, revoked,
    used), Conflict (a member already, whose role stays as it is).
    """
    user = await users.lock_user(tx, user_id)
    session = await lock_live_session(tx, session_id)
    found = await find_invitation(tx, token)
    await act_as(tx, user_id, found.org_id)
    invitation = await lock_open_invitation(tx, found.invitation_id, user.email)
    await refuse_invitation(tx, found.org_id, found.organization_name, user.email, invitation.role)
    await join_by_invitation(tx, invitation, await mark_verified(tx, user))
    return await issue_tokens(tx, access_tokens, replace(session, current_organization=found.org_id), refresh=False)


async def find_invitation(tx: Tx, token: str) -> Found:
    """Where a link's token leads. Raises NotFound."""
    found = await invitations.find_by_token(tx, hash_secret(token))
    if found is None:
        raise NotFound(
            "This invitation link is not valid; a newer mail may have replaced it.", code="invitation_unknown"
        )
    return found


async def lock_open_invitation(tx: Tx, invitation_id: UUID, email: str) -> Invitation:
    """The invitation, locked, if this address may accept it now. Raises NotFound, Forbidden, Gone."""
    invitation = await invitations.lock_invitation(tx, invitation_id)
    if invitation is None:
        raise NotFound
    check_addressee(invitation, email)
    check_open(invitation, tx.now)
    await check_not_deleted(tx, invitation.org_id)
    return invitation


async def join_by_invitation(tx: Tx, invitation: Invitation, user: User) -> Membership:
    """Use the invitation up and make the person a member, again if they were one before. Raises Conflict."""
    membership = await _join(tx, invitation, user)
    accepted = replace(invitation, state="accepted", version=invitation.version + 1)
    await invitations.update_invitation(tx, accepted)
    add_invitation_event(tx, InvitationAcceptedV1, accepted)
    add_member_joined(tx, membership, user)
    subject = Subject.member(user.id, user.name, user.email)
    record_activity(tx, Action.MEMBER_JOINED, subject, after={"role": membership.role_name or membership.role})
    return membership


async def _join(tx: Tx, invitation: Invitation, user: User) -> Membership:
    former = await memberships.lock_membership(tx, invitation.org_id, user.id)
    membership = Membership(
        id=former.id if former else new_id(),
        org_id=invitation.org_id,
        user_id=user.id,
        role=invitation.role,
        role_name=invitation.role_name,
        state="active",
        invited_by=invitation.invited_by,
        joined_at=tx.now,
        tokens_not_before=former.tokens_not_before if former else None,
        changed_at=tx.now,
        changed_by=user.id,
        version=former.version + 1 if former else 1,
    )
    if former is None and await memberships.insert_membership(tx, membership):
        return membership
    if former is None or former.active:
        raise Conflict("already_member", "You belong to this organization already; your role stays as it is.")
    await memberships.update_membership(tx, membership)
    return membership
