"""Delete a custom role, with another in its place where somebody has it."""

from dataclasses import replace
from uuid import UUID

from chassis.database import Tx
from chassis.problems import Conflict, NotFound, invalid_field
from contracts.permissions import Permission
from contracts.teams import MemberInvitedV1
from contracts.teams.rights import RoleDeletedV1
from teams.domain.activity import Action, Subject
from teams.domain.roles import CustomRole, HeldRole, check_may_grant
from teams.events import add_invitation_event, add_role_event
from teams.storage import invitations, memberships, organizations, roles, service_accounts
from teams.storage.roles import Uses
from teams.usecases.act_as import get_acting_member
from teams.usecases.change_role import give_role
from teams.usecases.record_activity import record_activity
from teams.usecases.set_sso import replace_default_role
from teams.usecases.update_service_account import store_account


async def delete_role(tx: Tx, *, org_id: UUID, actor_id: UUID, role_id: UUID, replacement: str | None) -> None:
    """Members, pending invitations, service accounts and newcomers by single sign-on get the replacement.

    The organization is locked first, then invitations, memberships, service accounts and at last the role: the order in
    which whoever joins or mints tokens takes them. Raises NotFound, Forbidden (more than the actor may), Conflict (in
    use, and no replacement), Invalid (no such replacement).
    """
    await organizations.lock_organization(tx, org_id)
    actor = await get_acting_member(tx, org_id, actor_id, Permission.ROLES_UPDATE)
    found = await roles.get_role(tx, org_id, str(role_id))
    if found is None or found.custom is None:
        raise NotFound
    check_may_grant(actor.permissions, found.permissions)
    if replacement is not None:
        other = await roles.get_role(tx, org_id, replacement)
        if other is None or other.key == found.key:
            raise invalid_field("replacement", "role_unknown", "Your organization has no such other role.")
        check_may_grant(actor.permissions, other.permissions)
        await _replace(tx, found, other, actor_id)
    else:
        _check_unused((await roles.count_uses(tx, org_id)).get(found.key, Uses()))
    await _delete(tx, found.custom, replacement)


def _check_unused(uses: Uses) -> None:
    if uses.any:
        raise Conflict(
            "role_in_use",
            f"{uses.members} members, {uses.invitations} invitations and {uses.service_accounts} service accounts have"
            f" this role{', and single sign-on gives it' if uses.sso else ''}: name a replacement.",
        )


async def _replace(tx: Tx, role: HeldRole, other: HeldRole, actor_id: UUID) -> None:
    org_id = role.custom.org_id if role.custom else tx.context.org_id
    if org_id is None:
        raise LookupError("a role of no organization")
    for invitation in await invitations.give_role(tx, org_id, role.key, other.key):
        add_invitation_event(tx, MemberInvitedV1, invitation)
    for member in await memberships.lock_of_role(tx, org_id, role.key):
        await give_role(tx, member.membership, other, member, by=actor_id)
    for account in await service_accounts.lock_of_role(tx, org_id, role.key):
        await store_account(tx, account, replace(account, role=other.key, role_name=other.shown_name))
    await replace_default_role(tx, org_id, role.key, other.key, by=actor_id)


async def _delete(tx: Tx, role: CustomRole, replacement: str | None) -> None:
    deleted = replace(role, deleted_at=tx.now, changed_at=tx.now, version=role.version + 1)
    await roles.update_role(tx, deleted)
    add_role_event(tx, RoleDeletedV1, deleted)
    before = {"permissions": sorted(role.permissions)}
    after = {} if replacement is None else {"replacement": replacement}
    record_activity(tx, Action.ROLE_DELETED, Subject.role(role.id, role.name), before=before, after=after)
