"""Delete a service account, and its keys with it."""

from dataclasses import replace
from uuid import UUID

from chassis.database import Tx
from chassis.problems import NotFound
from contracts.permissions import Permission
from contracts.teams.rights import ServiceAccountDeletedV1
from teams.domain.activity import Action, Subject
from teams.events import add_service_account_event
from teams.storage import api_keys, organizations, service_accounts
from teams.usecases.act_as import get_acting_member
from teams.usecases.end_keys import end_keys
from teams.usecases.record_activity import record_activity


async def delete_service_account(tx: Tx, *, org_id: UUID, actor_id: UUID, account_id: UUID) -> None:
    """For good; its tokens are refused everywhere from now on. Raises NotFound, Forbidden."""
    await organizations.lock_organization(tx, org_id)
    await get_acting_member(tx, org_id, actor_id, Permission.SERVICE_ACCOUNTS_UPDATE)
    keys = await api_keys.lock_keys_of_account(tx, org_id, account_id)
    account = await service_accounts.lock_account(tx, org_id, account_id)
    if account is None:
        raise NotFound
    await end_keys(tx, keys, "service_account_deleted")
    deleted = replace(
        account, state="deleted", tokens_not_before=tx.clock.now(), changed_at=tx.now, version=account.version + 1
    )
    await service_accounts.update_account(tx, deleted)
    add_service_account_event(tx, ServiceAccountDeletedV1, deleted)
    subject = Subject.service_account(account.id, account.name)
    record_activity(tx, Action.SERVICE_ACCOUNT_DELETED, subject, before={"role": account.role_name or account.role})
