"""Act as a person whom the request proved to be somebody, or whom it has just made."""

from dataclasses import dataclass, replace
from uuid import UUID

from chassis.database import Tx
from chassis.problems import permission_denied
from contracts.permissions import Permission
from teams.domain.organizations import Membership
from teams.domain.roles import HeldRole
from teams.storage.memberships import get_membership
from teams.storage.roles import get_role


@dataclass(frozen=True)
class ActingMember:
    """Who acts, as what, and what that allows: for an API key never more than the key itself."""

    member: Membership
    role: HeldRole
    permissions: frozenset[str]


async def act_as(tx: Tx, user_id: UUID, org_id: UUID | None = None) -> None:
    """The rest of the transaction sees and states as this person in this organization."""
    tx.context = replace(tx.context, actor=f"user:{user_id}", user_id=user_id, org_id=org_id)
    await tx.act_for(org_id=org_id, user_id=user_id)


async def get_acting_member(tx: Tx, org_id: UUID, user_id: UUID, permission: Permission) -> ActingMember:
    """The acting person, or whoever is behind the key that acts, as they are now and not as the token remembers them.

    Exact when the organization is locked: roles change only under that lock. Raises Forbidden.
    """
    member = await get_membership(tx, org_id, user_id)
    role = await get_role(tx, org_id, member.role) if member and member.active else None
    if member is None or role is None:
        raise permission_denied(permission)
    granted = tx.context.granted
    permissions = role.permissions if granted is None else role.permissions & granted
    if permission not in permissions:
        raise permission_denied(permission)
    return ActingMember(member, role, permissions)
