"""Remove a member, or leave."""

from dataclasses import replace
from uuid import UUID

from chassis.database import Tx
from chassis.problems import NotFound
from contracts.permissions import Permission
from teams.domain.activity import Action, Subject
from teams.domain.organizations import Membership, check_owner_remains
from teams.domain.people import User
from teams.domain.roles import check_may_touch
from teams.events import add_member_removed
from teams.storage import memberships, organizations, users
from teams.storage.roles import hold_role
from teams.usecases.act_as import get_acting_member
from teams.usecases.end_keys import end_keys_of_person
from teams.usecases.record_activity import record_activity


async def remove_member(tx: Tx, *, org_id: UUID, actor_id: UUID, user_id: UUID) -> None:
    """End a membership; anybody may end their own. Tokens for this organization minted before now are refused.

    Raises NotFound, Forbidden (no permission, or above the actor's role), Conflict (last owner).
    """
    await organizations.lock_organization(tx, org_id)
    if actor_id != user_id:
        actor = await get_acting_member(tx, org_id, actor_id, Permission.MEMBERS_REMOVE)
    target = await memberships.lock_membership(tx, org_id, user_id)
    if target is None or not target.active:
        raise NotFound
    if actor_id != user_id:
        check_may_touch(actor.role, actor.permissions, await hold_role(tx, org_id, target.role))
    check_owner_remains(target.role, await memberships.count_owners(tx, org_id))
    user = await end_membership(tx, target, actor_id)
    action = Action.MEMBER_LEFT if actor_id == user.id else Action.MEMBER_REMOVED
    record_activity(
        tx, action, Subject.member(user.id, user.name, user.email), before={"role": target.role_name or target.role}
    )


async def end_membership(tx: Tx, target: Membership, actor_id: UUID) -> User:
    """Store and state the end of a membership that is held, whoever may have decided it; returns whose it was."""
    user = await users.get_user(tx, target.user_id)
    at = tx.clock.now()
    removed = replace(
        target,
        state="removed",
        tokens_not_before=at,
        changed_at=tx.now,
        changed_by=actor_id,
        version=target.version + 1,
    )
    await memberships.update_membership(tx, removed)
    add_member_removed(tx, removed, user, by=actor_id, at=at)
    await end_keys_of_person(tx, target.org_id, target.user_id)
    return user
