"""Hand an organization over to another member."""

from dataclasses import replace
from uuid import UUID

from chassis.database import Tx
from chassis.problems import Conflict, NotFound
from contracts.permissions import Permission, Role
from teams.domain.activity import Action, Subject
from teams.domain.organizations import Membership
from teams.domain.standings import check_owner
from teams.events import add_member_role_changed
from teams.storage import memberships, organizations, users
from teams.storage.memberships import Member
from teams.usecases.act_as import get_acting_member
from teams.usecases.record_activity import record_activity


async def transfer_ownership(tx: Tx, *, org_id: UUID, actor_id: UUID, user_id: UUID) -> Member:
    """The member becomes owner, the acting owner an admin; both roles change together, so an owner is always there.

    The organization is locked first. Raises Forbidden (no owner), NotFound, Conflict (oneself).
    """
    organization = await organizations.lock_organization(tx, org_id)
    actor = await get_acting_member(tx, org_id, actor_id, Permission.MEMBERS_UPDATE_ROLE)
    check_owner(actor.member.role)
    if actor_id == user_id:
        raise Conflict("already_owner", "You own this organization already.")
    heir = await memberships.lock_membership(tx, org_id, user_id)
    if heir is None or not heir.active:
        raise NotFound
    owner = await _give(tx, heir, Role.OWNER, by=actor_id)
    held = await memberships.lock_membership(tx, org_id, actor_id) or actor.member
    await _give(tx, held, Role.ADMIN, by=actor_id)
    record_activity(
        tx,
        Action.ORGANIZATION_TRANSFERRED,
        Subject.member(user_id, owner.name, owner.email),
        after={"organization": organization.name},
    )
    return owner


async def _give(tx: Tx, held: Membership, role: Role, *, by: UUID) -> Member:
    """Tokens with the former role are refused from an instant that is read under the lock."""
    user = await users.get_user(tx, held.user_id)
    if held.role == role:
        return Member(held, user.email, user.name)
    at = tx.clock.now()
    changed = replace(
        held,
        role=role.value,
        role_name=None,
        tokens_not_before=at,
        changed_at=tx.now,
        changed_by=by,
        version=held.version + 1,
    )
    await memberships.update_membership(tx, changed)
    add_member_role_changed(tx, changed, user, by=by, at=at)
    return Member(changed, user.email, user.name)
