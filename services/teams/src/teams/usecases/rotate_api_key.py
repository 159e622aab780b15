"""Give an API key a new secret; the old one goes on for a while, or stops at once."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from chassis.database import Tx
from chassis.problems import Forbidden, NotFound
from contracts.api_keys import hash_api_key, hint_of, new_api_key
from contracts.permissions import Permission
from contracts.teams.rights import ApiKeyRotatedV1
from teams.domain.activity import Action, Subject
from teams.domain.api_keys import ApiKey, check_rotatable
from teams.events import add_api_key_event
from teams.storage import api_keys, organizations, service_accounts
from teams.usecases.act_as import ActingMember, get_acting_member
from teams.usecases.create_api_key import WithSecret, check_may_speak_for
from teams.usecases.record_activity import record_activity


async def rotate_api_key(tx: Tx, *, org_id: UUID, actor_id: UUID, key_id: UUID, overlap: timedelta) -> WithSecret:
    """The key keeps its id, scope and end. Without overlap its old tokens are refused everywhere from now on.

    Raises NotFound, Forbidden (another's own key, or more than the actor may), Conflict (ended).
    """
    await organizations.lock_organization(tx, org_id)
    actor = await get_acting_member(tx, org_id, actor_id, Permission.API_KEYS_UPDATE)
    key = await api_keys.lock_key(tx, org_id, key_id)
    if key is None:
        raise NotFound
    check_rotatable(key, tx.now)
    await _check_may_hold(tx, key, actor)
    secret, at = new_api_key(), tx.clock.now()
    since = None if overlap else at
    rotated = replace(
        key, hint=hint_of(secret), tokens_not_before=since or key.tokens_not_before, version=key.version + 1
    )
    await api_keys.retire_secrets(tx, key, at + overlap)
    await api_keys.update_key(tx, rotated)
    await api_keys.insert_secret(tx, rotated, hash_api_key(secret))
    add_api_key_event(tx, ApiKeyRotatedV1, rotated, rotated_by=actor_id, tokens_not_before=since)
    after = {"overlap_seconds": int(overlap.total_seconds())}
    record_activity(tx, Action.API_KEY_ROTATED, Subject.api_key(key.id, key.name), after=after)
    return WithSecret(rotated, secret)


async def _check_may_hold(tx: Tx, key: ApiKey, actor: ActingMember) -> None:
    """A person's key acts in their name, so its secret is theirs alone."""
    if key.service_account_id is None:
        if key.created_by != actor.member.user_id:
            raise Forbidden("api_key_of_another", "Only whoever made this key can rotate it; you can revoke it.")
        return
    account = await service_accounts.hold_account(tx, key.org_id, key.service_account_id)
    if account is None:
        raise NotFound
    await check_may_speak_for(tx, account, actor)
