"""Invite addresses: reserve a seat, send the secret link."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from chassis import outbox
from chassis.database import Tx
from chassis.problems import Conflict
from contracts.commands import SendInvitationEmailV1
from contracts.ids import new_id
from contracts.permissions import Permission
from contracts.teams import MemberInvitedV1
from teams.domain import invitations as rules
from teams.domain.activity import Action, Subject
from teams.domain.invitations import Invitation
from teams.domain.logos import path_of
from teams.domain.organizations import FREE_SEATS, Organization, check_seat_free
from teams.domain.people import User
from teams.domain.roles import HeldRole, check_may_grant, role_unknown
from teams.events import add_invitation_event
from teams.storage import invitations, memberships, organizations, seat_limits, users
from teams.storage.roles import get_role
from teams.tokens import hash_secret, new_secret
from teams.usecases.act_as import ActingMember, get_acting_member
from teams.usecases.expire_invitations import expire_invitations
from teams.usecases.record_activity import record_activity


@dataclass
class InvitingDesk:
    """An organization that is locked for inviting: of parallel invitations exactly as many succeed as there are seats.

    `taken` and `sent_lately` count along.
    """

    organization: Organization
    actor: ActingMember
    inviter: User
    seats: int
    taken: int
    sent_lately: int
    mail_key: str


async def invite_member(tx: Tx, *, org_id: UUID, actor_id: UUID, email: str, role: str, mail_key: str) -> Invitation:
    """Store the invitation for seven days and have it mailed, sealed to `mail_key` (notifier's public key).

    Raises Forbidden (role above own), Conflict (a member already, one pending already, no seat left), Invalid (no such
    role), TooManyRequests.
    """
    return await invite(tx, await open_desk(tx, org_id=org_id, actor_id=actor_id, mail_key=mail_key), email, role)


async def open_desk(tx: Tx, *, org_id: UUID, actor_id: UUID, mail_key: str) -> InvitingDesk:
    """Lock the organization and look up what every invitation is judged by. Raises Forbidden."""
    organization = await organizations.lock_organization(tx, org_id)
    actor = await get_acting_member(tx, org_id, actor_id, Permission.INVITATIONS_CREATE)
    await expire_invitations(tx, org_id=org_id)
    return InvitingDesk(
        organization=organization,
        actor=actor,
        inviter=await users.get_user(tx, actor_id),
        seats=await seat_limits.get_seats(tx, org_id) or FREE_SEATS,
        taken=await memberships.count_seats_taken(tx, org_id),
        sent_lately=await invitations.count_sent_since(tx, org_id, tx.now - timedelta(hours=1)),
        mail_key=mail_key,
    )


async def invite(tx: Tx, desk: InvitingDesk, email: str, role: str) -> Invitation:
    """One more invitation. Everything is checked before anything is written: what is refused leaves no trace.

    Raises as `invite_member`.
    """
    given = await get_role(tx, desk.organization.id, role)
    if given is None:
        raise role_unknown()
    check_may_grant(desk.actor.permissions, given.permissions)
    await _check_not_there_yet(tx, desk.organization.id, email)
    check_seat_free(desk.taken, desk.seats)
    rules.check_not_flooding(desk.sent_lately)
    invitation = _new_invitation(tx, desk.organization.id, desk.inviter.id, email, given)
    token = new_secret()
    if not await invitations.insert_invitation(tx, invitation, hash_secret(token)):
        raise _pending()
    add_invitation_event(tx, MemberInvitedV1, invitation)
    record_activity(
        tx,
        Action.INVITATION_CREATED,
        Subject.invitation(invitation.id, email),
        after={"role": given.shown_name or role},
    )
    send_link(tx, invitation, desk.organization, desk.inviter, token=token, mail_key=desk.mail_key)
    desk.taken += 1
    desk.sent_lately += 1
    return invitation


def send_link(
    tx: Tx,
    invitation: Invitation,
    organization: Organization,
    inviter: User,
    *,
    token: str,
    mail_key: str,
    reminder: bool = False,
) -> None:
    """Have the link mailed. The token leaves this process only inside a box that notifier alone can open."""
    command = SendInvitationEmailV1(
        invitation_id=invitation.id,
        organization_id=organization.id,
        organization_name=organization.name,
        inviter_name=inviter.name or organization.name,
        email=invitation.email,
        role=invitation.role_name or invitation.role,
        locale=organization.locale,
        token=token,
        expires_at=invitation.expires_at,
        reminder=reminder,
        logo_path=path_of(organization.id, organization.logo_id),
    )
    outbox.add_command(tx, command, public_key=mail_key)


async def _check_not_there_yet(tx: Tx, org_id: UUID, email: str) -> None:
    if await memberships.get_active_member_by_email(tx, org_id, email):
        raise Conflict("already_member", "This address belongs to a member.")
    if await invitations.has_pending(tx, org_id, email):
        raise _pending()


def _new_invitation(tx: Tx, org_id: UUID, actor_id: UUID, email: str, role: HeldRole) -> Invitation:
    return Invitation(
        id=new_id(),
        org_id=org_id,
        email=email,
        role=role.key,
        role_name=role.shown_name,
        state="pending",
        invited_by=actor_id,
        sent_at=tx.now,
        expires_at=tx.now + rules.LIFETIME,
        created_at=tx.now,
        version=1,
    )


def _pending() -> Conflict:
    return Conflict("invitation_pending", "This address has a pending invitation: resend or revoke it.")
