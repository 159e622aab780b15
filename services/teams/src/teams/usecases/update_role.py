"""Change a custom role."""

from dataclasses import replace
from uuid import UUID

from chassis.answers import IfMatch
from chassis.database import Tx
from chassis.problems import NotFound
from contracts.permissions import Permission
from contracts.teams.rights import RoleUpdatedV1
from teams.domain.activity import Action, Subject
from teams.domain.roles import CustomRole, check_may_grant, role_name_taken
from teams.events import add_role_event
from teams.storage import organizations, roles
from teams.usecases.act_as import get_acting_member
from teams.usecases.record_activity import record_activity


async def update_role(
    tx: Tx,
    *,
    org_id: UUID,
    actor_id: UUID,
    role_id: UUID,
    read: IfMatch,
    name: str | None = None,
    description: str | None = None,
    permissions: frozenset[str] | None = None,
) -> CustomRole:
    """Store what is given (cleaned); tokens made of the role before now are refused everywhere.

    Nobody changes a role that may do, or is to do, what they may not. The organization is locked first. Raises
    NotFound, Forbidden, Conflict (name), PreconditionFailed.
    """
    await organizations.lock_organization(tx, org_id)
    actor = await get_acting_member(tx, org_id, actor_id, Permission.ROLES_UPDATE)
    role = await roles.lock_custom_role(tx, org_id, role_id)
    if role is None:
        raise NotFound
    changed = replace(
        role,
        name=role.name if name is None else name,
        description=role.description if description is None else description,
        permissions=role.permissions if permissions is None else permissions,
    )
    check_may_grant(actor.permissions, role.permissions | changed.permissions)
    read.check(role.version)
    if changed == role:
        return role
    if await roles.is_name_taken(tx, org_id, changed.name, but=role.id):
        raise role_name_taken()
    return await _store(tx, role, changed)


async def _store(tx: Tx, role: CustomRole, changed: CustomRole) -> CustomRole:
    """The instant is read under the lock: every token with the old permissions was minted before it."""
    at = tx.clock.now()
    changed = replace(changed, tokens_not_before=at, changed_at=tx.now, version=role.version + 1)
    await roles.update_role(tx, changed)
    add_role_event(tx, RoleUpdatedV1, changed, tokens_not_before=at)
    before, after = _told(role), _told(changed)
    differing = [key for key in before if before[key] != after[key]]
    record_activity(
        tx,
        Action.ROLE_UPDATED,
        Subject.role(role.id, changed.name),
        before={key: before[key] for key in differing},
        after={key: after[key] for key in differing},
    )
    return changed


def _told(role: CustomRole) -> dict[str, object]:
    return {"name": role.name, "description": role.description, "permissions": sorted(role.permissions)}
