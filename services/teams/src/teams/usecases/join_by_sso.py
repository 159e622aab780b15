"""Become a member by coming in through the organization's provider."""

from uuid import UUID

from chassis.database import Tx
from chassis.problems import Forbidden
from contracts.ids import new_id
from teams.domain.activity import Action, Subject
from teams.domain.organizations import FREE_SEATS, Membership, check_seat_free
from teams.domain.people import User
from teams.domain.roles import HeldRole
from teams.events import add_member_joined
from teams.storage import invitations, memberships, seat_limits
from teams.usecases.accept_invitation import join_by_invitation
from teams.usecases.record_activity import record_activity


async def join_by_sso(tx: Tx, org_id: UUID, user: User, default_role: HeldRole) -> None:
    """A member stays as they are; a pending invitation is accepted, with its role; a newcomer takes a seat.

    The organization must be locked. Raises Conflict (no seat free), Forbidden for somebody whose membership was ended:
    that was somebody's decision, and only an invitation takes it back.
    """
    former = await memberships.lock_membership(tx, org_id, user.id)
    if former is not None and former.active:
        return
    invitation = await invitations.lock_pending(tx, org_id, user.email)
    if invitation is not None:
        await join_by_invitation(tx, invitation, user)
        return
    if former is not None:
        raise Forbidden(
            "sso_membership_ended",
            "You no longer belong to this organization: ask one of its owners for an invitation.",
        )
    seats = await seat_limits.get_seats(tx, org_id) or FREE_SEATS
    check_seat_free(await memberships.count_seats_taken(tx, org_id), seats)
    membership = _newcomer(tx, org_id, user.id, default_role)
    await memberships.insert_membership(tx, membership)
    add_member_joined(tx, membership, user)
    subject = Subject.member(user.id, user.name, user.email)
    role = default_role.shown_name or default_role.key
    record_activity(tx, Action.MEMBER_JOINED, subject, after={"role": role, "by": "single sign-on"})


def _newcomer(tx: Tx, org_id: UUID, user_id: UUID, role: HeldRole) -> Membership:
    return Membership(
        id=new_id(),
        org_id=org_id,
        user_id=user_id,
        role=role.key,
        role_name=role.shown_name,
        state="active",
        invited_by=None,
        joined_at=tx.now,
        tokens_not_before=None,
        changed_at=tx.now,
        changed_by=user_id,
        version=1,
    )
