"""Make a service account: an agent as a member."""

from uuid import UUID

from chassis.database import Tx
from contracts.ids import new_id
from contracts.permissions import Permission
from contracts.teams.rights import ServiceAccountCreatedV1
from teams.domain.activity import Action, Subject
from teams.domain.api_keys import ServiceAccount, check_account_count
from teams.domain.roles import HeldRole, check_may_grant, role_unknown
from teams.events import add_service_account_event
from teams.storage import organizations, roles, service_accounts
from teams.usecases.act_as import ActingMember, get_acting_member
from teams.usecases.record_activity import record_activity
from teams.usecases.update_service_account import name_taken


async def create_service_account(
    tx: Tx, *, org_id: UUID, actor_id: UUID, name: str, description: str, role: str
) -> ServiceAccount:
    """The actor answers for it: it may never do more than they. It takes no seat. The organization is locked.

    Raises Forbidden (more than the actor may), Conflict (name, count), Invalid (no such role).
    """
    await organizations.lock_organization(tx, org_id)
    actor = await get_acting_member(tx, org_id, actor_id, Permission.SERVICE_ACCOUNTS_UPDATE)
    given = await get_grantable_role(tx, org_id, role, actor)
    check_account_count(await service_accounts.count_accounts(tx, org_id))
    if await service_accounts.is_name_taken(tx, org_id, name):
        raise name_taken()
    account = ServiceAccount(
        id=new_id(),
        org_id=org_id,
        name=name,
        description=description,
        role=given.key,
        delegated_by=actor_id,
        state="active",
        tokens_not_before=None,
        created_by=actor_id,
        created_at=tx.now,
        changed_at=tx.now,
        version=1,
        role_name=given.shown_name,
    )
    await service_accounts.insert_account(tx, account)
    add_service_account_event(tx, ServiceAccountCreatedV1, account)
    after = {"name": name, "role": given.shown_name or given.key}
    record_activity(tx, Action.SERVICE_ACCOUNT_CREATED, Subject.service_account(account.id, name), after=after)
    return account


async def get_grantable_role(tx: Tx, org_id: UUID, key: str, actor: ActingMember) -> HeldRole:
    """The role, if the actor may give it. Raises Invalid, Forbidden."""
    given = await roles.get_role(tx, org_id, key)
    if given is None:
        raise role_unknown()
    check_may_grant(actor.permissions, given.permissions)
    return given
