"""Log in, second half: a code of the authenticator, or a recovery code; each works once."""

from uuid import UUID

from admin.domain import sign_in as rules
from admin.domain.sign_in import Session
from admin.storage import sessions, sign_in, staff
from admin.tokens import StaffTokens, hash_secret
from admin.usecases.issue_tokens import SignedIn, issue_tokens
from admin.usecases.record import Witness, record
from chassis.database import Tx
from chassis.second_factors import SeedVault, normal_recovery_code, step_of
from contracts.ids import new_id


async def prove_code(
    tx: Tx, tokens: StaffTokens, vault: SeedVault, by: Witness, *, challenge: str, code: str
) -> SignedIn | None:
    """A new sign-in, or None: the challenge is over or the code does not fit. A failure has effects: it counts.

    Raises TooManyRequests while this account's codes are shut.
    """
    challenge_hash = hash_secret(challenge)
    staff_id = await sign_in.try_challenge(tx, challenge_hash, rules.CHALLENGE_TRIES)
    person = await staff.get_staff(tx, staff_id) if staff_id else None
    if person is None or not person.active:
        record(tx, by, "auth.code_refused", reason="unknown, expired or used up challenge")
        return None
    await sign_in.BACKOFF.count(tx, rules.code_door(person.id))
    method = await _check(tx, vault, person.id, code)
    if method is None:
        record(tx, by, "auth.code_refused", f"staff:{person.id}", reason="wrong or used code")
        return None
    await sign_in.BACKOFF.forgive(tx, rules.code_door(person.id))
    await sign_in.delete_challenge(tx, challenge_hash)
    session = Session(new_id(), person.id, tx.now, tx.now, tx.now + rules.LIFETIME, None)
    await sessions.insert_session(tx, session)
    themselves = Witness(f"admin:{person.id}", by.address)
    record(tx, themselves, "auth.signed_in", f"session:{session.id}", method=method)
    return await issue_tokens(tx, tokens, session, person)


async def _check(tx: Tx, vault: SeedVault, staff_id: UUID, code: str) -> str | None:
    """How the code proves the person, None where it does not."""
    factor = await staff.lock_factor(tx, staff_id)
    seed = vault.open(staff_id, factor.seed)
    step = step_of(seed, code, tx.now, factor.last_step)
    if step is not None:
        await staff.update_last_step(tx, staff_id, step)
        return "totp"
    recovery = normal_recovery_code(code)
    if recovery is not None and await staff.use_recovery_code(tx, staff_id, hash_secret(recovery)):
        return "recovery code"
    return None
