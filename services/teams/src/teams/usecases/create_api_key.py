"""Make an API key."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Tx
from chassis.problems import invalid_field, permission_denied
from contracts.api_keys import hash_api_key, hint_of, new_api_key
from contracts.ids import new_id
from contracts.permissions import Permission
from contracts.teams.rights import ApiKeyCreatedV1
from teams.domain import api_keys as rules
from teams.domain.activity import Action, Subject
from teams.domain.api_keys import ApiKey, ServiceAccount
from teams.domain.roles import check_may_grant
from teams.events import add_api_key_event
from teams.storage import api_keys, memberships, organizations, roles, service_accounts
from teams.usecases.act_as import ActingMember, get_acting_member
from teams.usecases.record_activity import record_activity


@dataclass(frozen=True)
class WithSecret:
    """A key and its secret, to be shown this once."""

    key: ApiKey
    secret: str


async def create_api_key(
    tx: Tx,
    *,
    org_id: UUID,
    actor_id: UUID,
    name: str,
    permissions: frozenset[str] | None,
    service_account_id: UUID | None,
    expires_at: datetime | None,
) -> WithSecret:
    """A key for the actor themselves, or for a service account. The organization is locked.

    Raises Forbidden (more than the actor may), Invalid (no permissions, no such account, bad end), Conflict (count).
    """
    await organizations.lock_organization(tx, org_id)
    actor = await get_acting_member(tx, org_id, actor_id, Permission.API_KEYS_UPDATE)
    rules.check_expiry(expires_at, tx.now)
    if service_account_id is None:
        _check_own_scope(permissions, actor)
    else:
        await _check_account(tx, org_id, actor, service_account_id, permissions)
    rules.check_key_count(await api_keys.count_keys(tx, org_id))
    secret = new_api_key()
    key = ApiKey(
        id=new_id(),
        org_id=org_id,
        name=name,
        permissions=permissions,
        created_by=actor_id,
        service_account_id=service_account_id,
        hint=hint_of(secret),
        expires_at=expires_at,
        last_used_at=None,
        revoked_at=None,
        tokens_not_before=None,
        created_at=tx.now,
        version=1,
    )
    await _store(tx, key, secret)
    return WithSecret(key, secret)


async def _store(tx: Tx, key: ApiKey, secret: str) -> None:
    await api_keys.insert_key(tx, key)
    await api_keys.insert_secret(tx, key, hash_api_key(secret))
    add_api_key_event(tx, ApiKeyCreatedV1, key)
    ends = key.expires_at.isoformat() if key.expires_at else None
    after = {"permissions": sorted(key.permissions or ()), "expires_at": ends}
    record_activity(tx, Action.API_KEY_CREATED, Subject.api_key(key.id, key.name), after=after)


def _check_own_scope(permissions: frozenset[str] | None, actor: ActingMember) -> None:
    if not permissions:
        raise invalid_field("/permissions", "permissions_required", "Say what the key may do.")
    rules.check_scope(permissions, actor.permissions)


async def _check_account(
    tx: Tx, org_id: UUID, actor: ActingMember, account_id: UUID, permissions: frozenset[str] | None
) -> None:
    account = await service_accounts.hold_account(tx, org_id, account_id)
    if account is None:
        raise invalid_field("/service_account_id", "service_account_unknown", "There is no such service account.")
    if permissions is not None and not permissions:
        raise invalid_field("/permissions", "permissions_required", "Say what the key may do, or leave it out.")
    held = await check_may_speak_for(tx, account, actor)
    rules.check_scope(permissions, held)


async def check_may_speak_for(tx: Tx, account: ServiceAccount, actor: ActingMember) -> frozenset[str]:
    """Who holds a service account's secret can do what it may: so they must be able to do that themselves.

    What the account may do now. Raises Forbidden.
    """
    if Permission.SERVICE_ACCOUNTS_UPDATE not in actor.permissions:
        raise permission_denied(Permission.SERVICE_ACCOUNTS_UPDATE)
    behind = await memberships.get_membership(tx, account.org_id, account.delegated_by)
    behind_role = await roles.hold_role(tx, account.org_id, behind.role) if behind and behind.active else None
    role = await roles.hold_role(tx, account.org_id, account.role)
    delegated = role.permissions & behind_role.permissions if behind_role else frozenset()
    check_may_grant(actor.permissions, delegated)
    return rules.permissions_of_key(None, delegated, role.permissions)
