"""Two-step sign-in: begun with a seed, in force with the first code, off again by password and code."""

from dataclasses import replace
from uuid import UUID

from chassis.database import Tx
from chassis.problems import Conflict
from chassis.second_factors import SeedVault, new_recovery_codes, new_seed
from contracts.teams import UserMfaDisabledV1, UserMfaEnabledV1
from teams.domain.people import User
from teams.events import UserEvent, add_user_event
from teams.storage import second_factors, sessions, users
from teams.tokens import hash_secret
from teams.usecases.check_code import check_code
from teams.usecases.end_sessions import end_other_sessions
from teams.usecases.lock_live_session import lock_live_session


async def begin_mfa(tx: Tx, vault: SeedVault, user_id: UUID) -> str:
    """A new seed for the person's authenticator; asked for by nobody until a code confirms it. Raises Conflict."""
    seed = new_seed()
    if not await second_factors.upsert_unconfirmed(tx, user_id, vault.seal(user_id, seed)):
        raise Conflict("mfa_enabled", "Two-step sign-in is on already.")
    return seed


async def confirm_mfa(tx: Tx, vault: SeedVault, *, user_id: UUID, session_id: UUID, code: str) -> list[str] | None:
    """Put it in force; the recovery codes, shown this once. None where the code does not fit, which counts.

    Every other sign-in ends: none of them showed a second factor, and this one has. Raises Conflict (nothing begun, or
    on already), Unauthorized (the sign-in has ended).
    """
    user = await users.lock_user(tx, user_id)
    factor = await second_factors.lock_factor(tx, user_id)
    if factor is None:
        raise Conflict("mfa_not_begun", "Begin with a new secret first.")
    if factor.confirmed_at is not None:
        raise Conflict("mfa_enabled", "Two-step sign-in is on already.")
    if not await check_code(tx, vault, user_id, code):
        return None
    await second_factors.update_confirmed(tx, user_id)
    await end_other_sessions(tx, user_id, session_id, "revoked")
    session = await lock_live_session(tx, session_id)
    shown = replace(session, shown_factor=await second_factors.get_confirmed_at(tx, user_id))
    await sessions.update_session(tx, shown)
    await _state(tx, UserMfaEnabledV1, user)
    return await renew_recovery_codes(tx, user_id)


async def disable_mfa(tx: Tx, vault: SeedVault, *, user_id: UUID, code: str) -> bool:
    """Ask for the password alone again; False where the code does not fit, which counts. Raises Conflict."""
    user = await users.lock_user(tx, user_id)
    await check_enabled(tx, user_id)
    if not await check_code(tx, vault, user_id, code):
        return False
    await second_factors.delete_factor(tx, user_id)
    await _state(tx, UserMfaDisabledV1, user)
    return True


async def replace_recovery_codes(tx: Tx, vault: SeedVault, *, user_id: UUID, code: str) -> list[str] | None:
    """New recovery codes; the old ones work no more. None where the code does not fit, which counts."""
    await check_enabled(tx, user_id)
    return await renew_recovery_codes(tx, user_id) if await check_code(tx, vault, user_id, code) else None


async def check_enabled(tx: Tx, user_id: UUID) -> None:
    """Raises Conflict `mfa_not_enabled`."""
    if await second_factors.get_confirmed_at(tx, user_id) is None:
        raise Conflict("mfa_not_enabled", "Two-step sign-in is off.")


async def renew_recovery_codes(tx: Tx, user_id: UUID) -> list[str]:
    """Ten of them, stored as hashes."""
    codes = new_recovery_codes()
    await second_factors.replace_recovery_codes(tx, user_id, [hash_secret(code.replace("-", "")) for code in codes])
    return codes


async def _state(tx: Tx, kind: UserEvent, user: User) -> None:
    changed = replace(user, version=user.version + 1)
    await users.update_user(tx, changed)
    add_user_event(tx, kind, changed)
