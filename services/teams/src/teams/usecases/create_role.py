"""Make a custom role."""

from uuid import UUID

from chassis.database import Tx
from contracts.ids import new_id
from contracts.permissions import Permission
from contracts.teams.rights import RoleCreatedV1
from teams.domain.activity import Action, Subject
from teams.domain.roles import CustomRole, check_may_grant, check_role_count, role_name_taken
from teams.events import add_role_event
from teams.storage import organizations, roles
from teams.usecases.act_as import get_acting_member
from teams.usecases.record_activity import record_activity


async def create_role(
    tx: Tx, *, org_id: UUID, actor_id: UUID, name: str, description: str, permissions: frozenset[str]
) -> CustomRole:
    """Store it (cleaned). The organization is locked. Raises Forbidden (more than one may), Conflict (name, count)."""
    await organizations.lock_organization(tx, org_id)
    actor = await get_acting_member(tx, org_id, actor_id, Permission.ROLES_UPDATE)
    check_may_grant(actor.permissions, permissions)
    check_role_count(await roles.count_custom_roles(tx, org_id))
    if await roles.is_name_taken(tx, org_id, name):
        raise role_name_taken()
    role = CustomRole(
        id=new_id(),
        org_id=org_id,
        name=name,
        description=description,
        permissions=permissions,
        tokens_not_before=None,
        created_by=actor_id,
        created_at=tx.now,
        changed_at=tx.now,
        deleted_at=None,
        version=1,
    )
    await roles.insert_role(tx, role)
    add_role_event(tx, RoleCreatedV1, role)
    after = {"name": name, "description": description, "permissions": sorted(permissions)}
    record_activity(tx, Action.ROLE_CREATED, Subject.role(role.id, name), after=after)
    return role
