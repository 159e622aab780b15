"""Check a code of the second factor: one of the authenticator, or a recovery code; each works once."""

from uuid import UUID

from chassis.database import Tx
from chassis.second_factors import SeedVault, normal_recovery_code, step_of
from teams.domain import sessions as rules
from teams.storage import login_attempts, second_factors
from teams.tokens import hash_secret


async def check_code(tx: Tx, vault: SeedVault, user_id: UUID, code: str) -> bool:
    """Whether it proves the person. The attempt counts, so the caller commits also a failure.

    The factor is locked: a code sent twice at once fits once. Raises TooManyRequests while the codes are shut.
    """
    await login_attempts.ACCOUNT.count(tx, rules.code_door(user_id))
    if not await _fits(tx, vault, user_id, code.strip()):
        return False
    await login_attempts.ACCOUNT.forgive(tx, rules.code_door(user_id))
    return True


async def _fits(tx: Tx, vault: SeedVault, user_id: UUID, code: str) -> bool:
    factor = await second_factors.lock_factor(tx, user_id)
    if factor is None:
        return False
    step = step_of(vault.open(user_id, factor.seed), code, tx.now, factor.last_step)
    if step is not None:
        await second_factors.update_last_step(tx, user_id, step)
        return True
    recovery = normal_recovery_code(code) if factor.confirmed_at else None
    return recovery is not None and await second_factors.use_recovery_code(tx, user_id, hash_secret(recovery))
