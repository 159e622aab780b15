"""End API keys: revoked by somebody, or because whom they belonged to is gone."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from chassis.database import Tx
from contracts.teams.rights import ApiKeyRevokedV1
from teams.domain.activity import Action, Subject
from teams.domain.api_keys import ApiKey, Ended
from teams.events import add_api_key_event
from teams.storage import api_keys, service_accounts
from teams.usecases.record_activity import record_activity
from teams.usecases.update_service_account import store_account


async def end_keys(tx: Tx, keys: Iterable[ApiKey], reason: Ended) -> None:
    """Locked keys work no more, for good; every process hears of it."""
    for key in keys:
        at = tx.clock.now()
        revoked = replace(key, revoked_at=at, tokens_not_before=at, version=key.version + 1)
        await api_keys.update_key(tx, revoked)
        await api_keys.delete_secrets(tx, key.id)
        add_api_key_event(tx, ApiKeyRevokedV1, revoked, revoked_at=at, reason=reason)
        record_activity(tx, Action.API_KEY_REVOKED, Subject.api_key(key.id, key.name), after={"reason": reason})


async def end_keys_of_person(tx: Tx, org_id: UUID, user_id: UUID) -> None:
    """Somebody left: their own keys end, and service accounts they answered for stop until somebody else does."""
    await end_keys(tx, await api_keys.lock_keys_of_person(tx, org_id, user_id), "creator_removed")
    for account in await service_accounts.lock_delegated_by(tx, org_id, user_id):
        await store_account(tx, account, replace(account, state="disabled"))
