"""Change a member's role."""

from dataclasses import replace
from uuid import UUID

from chassis.answers import IfMatch
from chassis.database import Tx
from chassis.problems import NotFound
from contracts.permissions import Permission
from teams.domain.activity import Action, Subject
from teams.domain.organizations import Membership, check_owner_remains
from teams.domain.roles import HeldRole, check_may_grant, check_may_touch, role_unknown
from teams.events import Named, add_member_role_changed
from teams.storage import memberships, organizations, users
from teams.storage.memberships import Member
from teams.storage.roles import get_role, hold_role
from teams.usecases.act_as import get_acting_member
from teams.usecases.record_activity import record_activity


async def change_role(tx: Tx, *, org_id: UUID, actor_id: UUID, user_id: UUID, role: str, read: IfMatch) -> Member:
    """Give a member another role, built in or custom; their tokens minted before now are refused everywhere.

    The organization is locked first, so that two owners demoting each other are judged one after the other. Raises
    NotFound, Forbidden (above the actor's own role), Conflict (last owner), PreconditionFailed, Invalid (no such role).
    """
    await organizations.lock_organization(tx, org_id)
    actor = await get_acting_member(tx, org_id, actor_id, Permission.MEMBERS_UPDATE_ROLE)
    target = await memberships.lock_membership(tx, org_id, user_id)
    if target is None or not target.active:
        raise NotFound
    given = await get_role(tx, org_id, role)
    if given is None:
        raise role_unknown()
    check_may_touch(actor.role, actor.permissions, await hold_role(tx, org_id, target.role))
    check_may_grant(actor.permissions, given.permissions)
    read.check(target.version)
    user = await users.get_user(tx, user_id)
    if role == target.role:
        return Member(target, user.email, user.name)
    check_owner_remains(target.role, await memberships.count_owners(tx, org_id))
    return Member(await give_role(tx, target, given, user, by=actor_id), user.email, user.name)


async def give_role(tx: Tx, target: Membership, role: HeldRole, user: Named, *, by: UUID) -> Membership:
    """Store and state it. The instant is read under the lock: every token with the old role was minted before it."""
    at = tx.clock.now()
    changed = replace(
        target,
        role=role.key,
        role_name=role.shown_name,
        tokens_not_before=at,
        changed_at=tx.now,
        changed_by=by,
        version=target.version + 1,
    )
    await memberships.update_membership(tx, changed)
    add_member_role_changed(tx, changed, user, by=by, at=at)
    record_activity(
        tx,
        Action.MEMBER_ROLE_CHANGED,
        Subject.member(target.user_id, user.name, user.email),
        before={"role": target.role_name or target.role},
        after={"role": changed.role_name or changed.role},
    )
    return changed
