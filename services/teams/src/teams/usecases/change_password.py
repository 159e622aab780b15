"""Change the password while signed in, by the one that holds."""

from dataclasses import replace
from uuid import UUID

from chassis.database import Tx
from contracts.teams import UserPasswordChangedV1
from teams.domain.people import User
from teams.events import add_user_event
from teams.storage import links, users
from teams.usecases.end_sessions import end_other_sessions


async def change_password(tx: Tx, *, user_id: UUID, session_id: UUID, new_hash: str) -> int:
    """Every other sign-in ends, and links that were mailed before; returns how many sign-ins ended."""
    user = await users.lock_user(tx, user_id)
    await links.delete_links(tx, user_id, "reset_password", "change_email")
    await replace_password(tx, user, new_hash)
    return await end_other_sessions(tx, user_id, session_id, "password_changed")


async def replace_password(tx: Tx, user: User, new_hash: str) -> User:
    """Store another password of a locked person, and state it."""
    changed = replace(user, version=user.version + 1)
    await users.update_password_hash(tx, user.id, new_hash)
    await users.update_user(tx, changed)
    add_user_event(tx, UserPasswordChangedV1, changed)
    return changed
