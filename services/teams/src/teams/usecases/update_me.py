"""Change one's own name, locale or time zone."""

from dataclasses import replace
from uuid import UUID

from chassis.database import Tx
from contracts.teams import UserUpdatedV1
from teams.events import add_user_event
from teams.storage import users


async def update_me(
    tx: Tx, user_id: UUID, *, name: str | None = None, locale: str | None = None, time_zone: str | None = None
) -> None:
    """Store what is given (cleaned); an update that changes nothing states nothing."""
    user = await users.lock_user(tx, user_id)
    changed = replace(user, name=name or user.name, locale=locale or user.locale, time_zone=time_zone or user.time_zone)
    if changed == user:
        return
    changed = replace(changed, version=user.version + 1)
    await users.update_user(tx, changed)
    add_user_event(tx, UserUpdatedV1, changed)
