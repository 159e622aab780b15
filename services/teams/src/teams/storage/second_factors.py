"""Tables `second_factors`, `recovery_codes` and `mfa_challenges`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Tx
from teams.domain.sessions import Client


@dataclass(frozen=True)
class Factor:
    """A person's authenticator: its sealed seed, the last step whose code was used, since when it is asked for."""

    seed: bytes
    last_step: int
    confirmed_at: datetime | None


@dataclass(frozen=True)
class Challenged:
    """Whose password was right, and with what kind of client."""

    user_id: UUID
    client: Client


async def get_confirmed_at(tx: Tx, user_id: UUID) -> datetime | None:
    """Since when signing in asks the person for a code; None if it does not."""
    found: datetime | None = await tx.fetchval("SELECT confirmed_at FROM second_factors WHERE user_id = $1", user_id)
    return found


async def lock_factor(tx: Tx, user_id: UUID) -> Factor | None:
    """The factor, held: of two requests with one code the second finds it used."""
    row = await tx.fetchrow(
        "SELECT seed, last_step, confirmed_at FROM second_factors WHERE user_id = $1 FOR NO KEY UPDATE", user_id
    )
    return Factor(**dict(row)) if row else None


async def upsert_unconfirmed(tx: Tx, user_id: UUID, seed: bytes) -> bool:
    """Begin anew with this seed; False if a confirmed factor is there, which stays."""
    touched = await tx.execute(
        "INSERT INTO second_factors (user_id, seed, created_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (user_id) DO UPDATE SET seed = excluded.seed, created_at = excluded.created_at, last_step = 0"
        " WHERE second_factors.confirmed_at IS NULL",
        user_id,
        seed,
        tx.now,
    )
    return touched == 1


async def update_last_step(tx: Tx, user_id: UUID, step: int) -> None:
    """No code of this step or an earlier one works again."""
    await tx.execute("UPDATE second_factors SET last_step = $2 WHERE user_id = $1", user_id, step)


async def update_confirmed(tx: Tx, user_id: UUID) -> None:
    """From now on signing in asks for a code."""
    await tx.execute("UPDATE second_factors SET confirmed_at = $2 WHERE user_id = $1", user_id, tx.now)


async def delete_factor(tx: Tx, user_id: UUID) -> None:
    """Signing in asks for the password alone."""
    await tx.execute("DELETE FROM second_factors WHERE user_id = $1", user_id)
    await tx.execute("DELETE FROM recovery_codes WHERE user_id = $1", user_id)
    await delete_challenges(tx, user_id)


async def list_sealed(tx: Tx, after: UUID, limit: int) -> dict[UUID, bytes]:
    """The next seeds by person, held."""
    rows = await tx.fetch(
        "SELECT user_id, seed FROM second_factors WHERE user_id > $1 ORDER BY user_id LIMIT $2 FOR NO KEY UPDATE",
        after,
        limit,
    )
    return {row["user_id"]: row["seed"] for row in rows}


async def update_seed(tx: Tx, user_id: UUID, seed: bytes) -> None:
    """The same seed under another key."""
    await tx.execute("UPDATE second_factors SET seed = $2 WHERE user_id = $1", user_id, seed)


async def replace_recovery_codes(tx: Tx, user_id: UUID, hashes: Sequence[bytes]) -> None:
    """Only these work from now on."""
    await tx.execute("DELETE FROM recovery_codes WHERE user_id = $1", user_id)
    await tx.executemany(
        "INSERT INTO recovery_codes (user_id, code_hash) VALUES ($1, $2)", [(user_id, code) for code in hashes]
    )


async def use_recovery_code(tx: Tx, user_id: UUID, code_hash: bytes) -> bool:
    """Use one up; False if it is none of theirs or was used."""
    touched = await tx.execute(
        "UPDATE recovery_codes SET used_at = $3 WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL",
        user_id,
        code_hash,
        tx.now,
    )
    return touched == 1


async def count_recovery_codes(tx: Tx, user_id: UUID) -> int:
    """How many still work."""
    return int(await tx.fetchval("SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL", user_id))


async def insert_challenge(
    tx: Tx, challenge_hash: bytes, user_id: UUID, *, client: Client, expires_at: datetime
) -> None:
    """The password was right; a code is asked for."""
    await tx.execute(
        "INSERT INTO mfa_challenges (challenge_hash, user_id, client, expires_at) VALUES ($1, $2, $3, $4)",
        challenge_hash,
        user_id,
        client,
        expires_at,
    )


async def try_challenge(tx: Tx, challenge_hash: bytes, most_tries: int) -> Challenged | None:
    """Count a try; None where the challenge is unknown, over or used up. Works before anybody is known."""
    row = await tx.fetchrow("SELECT user_id, client FROM try_challenge($1, $2, $3)", challenge_hash, most_tries, tx.now)
    return Challenged(**dict(row)) if row else None


async def delete_challenge(tx: Tx, challenge_hash: bytes) -> bool:
    """Answered; False if it was answered or withdrawn by somebody else just now."""
    return await tx.execute("DELETE FROM mfa_challenges WHERE challenge_hash = $1", challenge_hash) == 1


async def delete_challenges(tx: Tx, user_id: UUID) -> None:
    """Passwords that were right before are worth nothing any more."""
    await tx.execute("DELETE FROM mfa_challenges WHERE user_id = $1", user_id)


async def delete_old_challenges(tx: Tx) -> None:
    """Forget challenges that nobody can answer any more."""
    await tx.execute("DELETE FROM mfa_challenges WHERE expires_at < $1", tx.now)
