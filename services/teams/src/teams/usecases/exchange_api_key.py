"""Exchange an API key's hash for a short token of what the key may do at this moment."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis.database import Tx
from teams.domain.api_keys import ApiKey, ServiceAccount, permissions_of_key
from teams.domain.organizations import Membership
from teams.storage import api_keys, memberships, roles, service_accounts, standings
from teams.tokens import AccessTokens, KeySpeaker
from teams.usecases.act_as import act_as
from teams.usecases.issue_tokens import quota_of


async def exchange_api_key(tx: Tx, access_tokens: AccessTokens, secret_hash: bytes) -> tuple[str, datetime] | None:
    """The token and its end; None for a key that is unknown, over, revoked, of somebody who left or of a deleted
    organization.

    All that the token is made of is held while it is minted and the time read after that: so a token is either older
    than a change, and refused, or carries what holds after it.
    """
    found = await api_keys.find_by_hash(tx, secret_hash)
    if found is None or (found.expires_at is not None and found.expires_at <= tx.now):
        return None
    await act_as(tx, found.key_id, found.org_id)
    key = await api_keys.get_key(tx, found.org_id, found.key_id)
    speaker = await _speaker(tx, key) if key else None
    if key is None or speaker is None:
        return None
    standing = await standings.get_standing(tx, key.org_id)
    if standing.deleted_at is not None:
        return None
    speaker = replace(speaker, suspended=standing.suspended)
    ends = [end for end in (key.expires_at, found.expires_at) if end is not None]
    return access_tokens.mint_for_key(speaker, now=tx.clock.now(), latest=min(ends, default=None))


async def _speaker(tx: Tx, read: ApiKey) -> KeySpeaker | None:
    """Membership, key, account, roles are held in this order, in which others lock them."""
    behind = await _behind(tx, read)
    membership = await memberships.hold_membership(tx, read.org_id, behind) if behind else None
    if membership is None or not membership.active:
        return None
    await api_keys.note_use(tx, read.id)
    key = await api_keys.hold_key(tx, read.org_id, read.id)
    if key is None or not key.alive(tx.now):
        return None
    if key.service_account_id is None:
        role = await roles.hold_role(tx, key.org_id, membership.role)
        permissions = permissions_of_key(key.permissions, role.permissions, None)
        return KeySpeaker(
            key.id, key.org_id, membership.user_id, None, permissions, (role,), await quota_of(tx, key.org_id)
        )
    account = await service_accounts.hold_account(tx, key.org_id, key.service_account_id)
    if account is None or account.state != "active" or account.delegated_by != membership.user_id:
        return None
    return await _speaker_for(tx, key, account, membership)


async def _behind(tx: Tx, key: ApiKey) -> UUID | None:
    """Who answers for the key, as far as nobody is changing that at this moment."""
    if key.service_account_id is None:
        return key.created_by
    account = await service_accounts.get_account(tx, key.org_id, key.service_account_id)
    return account.delegated_by if account else None


async def _speaker_for(tx: Tx, key: ApiKey, account: ServiceAccount, membership: Membership) -> KeySpeaker:
    behind = await roles.hold_role(tx, key.org_id, membership.role)
    role = await roles.hold_role(tx, key.org_id, account.role)
    permissions = permissions_of_key(key.permissions, behind.permissions, role.permissions)
    quota = await quota_of(tx, key.org_id)
    return KeySpeaker(key.id, key.org_id, membership.user_id, account.id, permissions, (behind, role), quota)
