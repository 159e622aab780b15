"""Say why somebody may or may not do something, and who could let them."""

from dataclasses import dataclass
from uuid import UUID

from chassis.database import Tx
from chassis.problems import NotFound
from contracts.permissions import SERVICE_ACCOUNT_PERMISSIONS, Permission
from teams.domain.roles import HeldRole, may_touch
from teams.storage import memberships, roles
from teams.storage.memberships import Member
from teams.usecases.list_roles import list_roles

MOST_GRANTERS = 10


@dataclass(frozen=True)
class Explanation:
    """The role that decides, every role that holds the permission, and members who can give one of them."""

    permission: Permission
    allowed: bool
    role: HeldRole
    holders: list[HeldRole]
    granters: list[Member]


async def explain_permission(tx: Tx, *, org_id: UUID, user_id: UUID, permission: Permission) -> Explanation:
    """As it is now. Raises NotFound for somebody who has just left."""
    member = await memberships.get_membership(tx, org_id, user_id)
    if member is None or not member.active:
        raise NotFound
    role = await roles.hold_role(tx, org_id, member.role)
    known = [listed.role for listed in await list_roles(tx, org_id)]
    holders = [one for one in known if permission in one.permissions]
    granting = [one.key for one in known if _may_grant(one, role, permission)]
    granters = await memberships.list_of_roles(tx, org_id, granting, limit=MOST_GRANTERS)
    return Explanation(permission, permission in role.permissions, role, holders, granters)


def _may_grant(granter: HeldRole, asker: HeldRole, permission: Permission) -> bool:
    """Whoever holds the permission can give their own role; but nobody changes a member who stands above them."""
    needed = {permission, Permission.MEMBERS_UPDATE_ROLE}
    return needed <= granter.permissions and may_touch(granter, granter.permissions, asker)


def rule_of(found: Explanation) -> str:
    """The rule in one sentence."""
    if found.allowed:
        return f"Your role {found.role.name} holds {found.permission}."
    if found.permission in SERVICE_ACCOUNT_PERMISSIONS:
        return f"Only service accounts hold {found.permission}; it cannot be given to people."
    return f"Your role {found.role.name} does not hold {found.permission}."
