"""Every aggregate of teams as it is now, for projections that come late.

Sessions are not among them: what was revoked is asked for at `/internal/v1/revocations`.
"""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Tx
from chassis.snapshots import Aggregate, State
from contracts.event import EventData
from contracts.teams import (
    InvitationAcceptedV1,
    InvitationExpiredV1,
    InvitationRevokedV1,
    MemberInvitedV1,
    MemberJoinedV1,
    MemberRemovedV1,
    OrganizationDeletedV1,
    OrganizationPurgedV1,
    OrganizationUpdatedV1,
    UserDeletedV1,
    UserUpdatedV1,
)
from contracts.teams.rights import RoleCreatedV1, RoleDeletedV1, RoleUpdatedV1
from teams.domain.invitations import State as InvitationState
from teams.domain.organizations import Organization
from teams.domain.people import User
from teams.domain.roles import CustomRole
from teams.domain.standings import Standing
from teams.events import (
    InvitationEvent,
    invitation_event,
    member_joined,
    member_removed,
    organization_deleted,
    organization_event,
    role_event,
    user_event,
)
from teams.storage import invitations, memberships, organizations, roles, standings, users
from teams.storage.memberships import Member

_INVITATION_EVENTS: dict[InvitationState, InvitationEvent] = {
    "pending": MemberInvitedV1,
    "accepted": InvitationAcceptedV1,
    "revoked": InvitationRevokedV1,
    "expired": InvitationExpiredV1,
}


async def _users(tx: Tx, after: UUID, limit: int) -> Sequence[State]:
    found = await users.list_all(tx, after=after, limit=limit)
    return [State(_user(user), user.version) for user in found]


def _user(user: User) -> EventData:
    """One who ended their account is a state too."""
    if user.deleted_at is not None:
        return UserDeletedV1(user_id=user.id, deleted_at=user.deleted_at)
    return user_event(UserUpdatedV1, user)


async def _organizations(tx: Tx, after: UUID, limit: int) -> Sequence[State]:
    found = await organizations.list_all(tx, after=after, limit=limit)
    ended = await standings.list_standings(tx, [one.id for one in found])
    return [State(_organization(one, ended.get(one.id, Standing())), one.version, one.id) for one in found]


def _organization(organization: Organization, standing: Standing) -> EventData:
    """One that waits for its end or is gone is a state too."""
    if standing.purged_at is not None:
        return OrganizationPurgedV1(organization_id=organization.id, purged_at=standing.purged_at)
    if standing.deleted_at is not None:
        return organization_deleted(organization, standing)
    return organization_event(OrganizationUpdatedV1, organization)


async def _memberships(tx: Tx, after: UUID, limit: int) -> Sequence[State]:
    return [_member(one) for one in await memberships.list_all(tx, after=after, limit=limit)]


def _member(member: Member) -> State:
    """Who left is a state too: a projection that missed it would keep them for ever."""
    held = member.membership
    event = (
        member_joined(held, member)
        if held.active
        else member_removed(held, member, by=held.changed_by, at=held.tokens_not_before or held.changed_at)
    )
    return State(event, held.version, held.org_id, since=held.changed_at)


async def _invitations(tx: Tx, after: UUID, limit: int) -> Sequence[State]:
    found = await invitations.list_all(tx, after=after, limit=limit)
    return [State(invitation_event(_INVITATION_EVENTS[one.state], one), one.version, one.org_id) for one in found]


async def _roles(tx: Tx, after: UUID, limit: int) -> Sequence[State]:
    return [_role(one) for one in await roles.list_all(tx, after=after, limit=limit)]


def _role(role: CustomRole) -> State:
    """One that was deleted is a state too."""
    if role.deleted_at is not None:
        event = role_event(RoleDeletedV1, role)
    elif role.tokens_not_before is not None:
        event = role_event(RoleUpdatedV1, role, tokens_not_before=role.tokens_not_before)
    else:
        event = role_event(RoleCreatedV1, role)
    return State(event, role.version, role.org_id, since=role.changed_at)


SNAPSHOTS = (
    Aggregate((UserUpdatedV1, UserDeletedV1), users.count_all, _users),
    Aggregate(
        (OrganizationUpdatedV1, OrganizationDeletedV1, OrganizationPurgedV1), organizations.count_all, _organizations
    ),
    Aggregate((MemberJoinedV1, MemberRemovedV1), memberships.count_all, _memberships),
    Aggregate((RoleCreatedV1, RoleUpdatedV1, RoleDeletedV1), roles.count_all, _roles),
    Aggregate(tuple(_INVITATION_EVENTS.values()), invitations.count_all, _invitations),
)
