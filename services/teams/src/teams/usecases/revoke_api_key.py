"""Revoke an API key."""

from uuid import UUID

from chassis.database import Tx
from chassis.problems import NotFound
from contracts.permissions import Permission
from teams.storage import api_keys
from teams.usecases.act_as import get_acting_member
from teams.usecases.end_keys import end_keys


async def revoke_api_key(tx: Tx, *, org_id: UUID, actor_id: UUID, key_id: UUID) -> None:
    """Whoever manages keys may revoke any. Its tokens are refused from now on. Raises NotFound, Forbidden."""
    await get_acting_member(tx, org_id, actor_id, Permission.API_KEYS_UPDATE)
    key = await api_keys.lock_key(tx, org_id, key_id)
    if key is None:
        raise NotFound
    await end_keys(tx, [key], "revoked")
