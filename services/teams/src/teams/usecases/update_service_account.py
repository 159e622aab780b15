"""Change a service account, stop it, start it again."""

from dataclasses import replace
from uuid import UUID

from chassis.answers import IfMatch
from chassis.database import Tx
from chassis.problems import Conflict, NotFound
from contracts.permissions import Permission
from contracts.teams.rights import ServiceAccountUpdatedV1
from teams.domain.activity import Action, Subject
from teams.domain.api_keys import AccountState, ServiceAccount
from teams.domain.roles import check_may_grant, role_unknown
from teams.events import add_service_account_event
from teams.storage import organizations, roles, service_accounts
from teams.usecases.act_as import get_acting_member
from teams.usecases.record_activity import changes, record_activity


async def update_service_account(
    tx: Tx,
    *,
    org_id: UUID,
    actor_id: UUID,
    account_id: UUID,
    read: IfMatch,
    name: str | None = None,
    description: str | None = None,
    role: str | None = None,
    state: AccountState | None = None,
) -> ServiceAccount:
    """Store what is given (cleaned); its tokens minted before now are refused everywhere.

    Whoever gives it a role or starts it answers for it from then on. Stopping needs no right but the permission: it is
    the kill switch. Raises NotFound, Forbidden, Conflict (name), PreconditionFailed, Invalid (no such role).
    """
    await organizations.lock_organization(tx, org_id)
    actor = await get_acting_member(tx, org_id, actor_id, Permission.SERVICE_ACCOUNTS_UPDATE)
    account = await service_accounts.lock_account(tx, org_id, account_id)
    if account is None:
        raise NotFound
    read.check(account.version)
    if name is not None and await service_accounts.is_name_taken(tx, org_id, name, but=account_id):
        raise name_taken()
    changed = replace(
        account,
        name=account.name if name is None else name,
        description=account.description if description is None else description,
        state=account.state if state is None else state,
    )
    starts = account.state != "active" and changed.state == "active"
    if (role is not None and role != account.role) or starts:
        given = await roles.get_role(tx, org_id, role or account.role)
        if given is None:
            raise role_unknown()
        check_may_grant(actor.permissions, given.permissions)
        changed = replace(changed, role=given.key, role_name=given.shown_name, delegated_by=actor_id)
    return account if changed == account else await store_account(tx, account, changed)


async def store_account(tx: Tx, account: ServiceAccount, changed: ServiceAccount) -> ServiceAccount:
    """Store and state a locked one; the instant is read under the lock."""
    changed = replace(changed, tokens_not_before=tx.clock.now(), changed_at=tx.now, version=account.version + 1)
    await service_accounts.update_account(tx, changed)
    add_service_account_event(tx, ServiceAccountUpdatedV1, changed)
    before, after = changes(account, changed, "name", "description", "role", "state")
    subject = Subject.service_account(account.id, changed.name)
    record_activity(tx, _action(account, changed), subject, before=before, after=after)
    return changed


def _action(account: ServiceAccount, changed: ServiceAccount) -> Action:
    if account.state == changed.state:
        return Action.SERVICE_ACCOUNT_UPDATED
    active = changed.state == "active"
    return Action.SERVICE_ACCOUNT_ENABLED if active else Action.SERVICE_ACCOUNT_DISABLED


def name_taken() -> Conflict:
    """To raise where another service account of the organization has the name."""
    return Conflict("service_account_name_taken", "Another service account has this name.")
