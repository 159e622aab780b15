"""Tables `admin_login_attempts` and `admin_challenges`: the doors in front of a sign-in."""

from datetime import datetime
from uuid import UUID

from chassis.backoff import Backoff
from chassis.database import Tx

BACKOFF = Backoff("admin_login_attempts", free=3)
"""Three failures are free: staff mistype seldom, and what they reach is worth more."""


async def insert_challenge(tx: Tx, challenge_hash: bytes, staff_id: UUID, expires_at: datetime) -> None:
    """The password was right; a code is asked for."""
    await tx.execute(
        "INSERT INTO admin_challenges (challenge_hash, user_id, expires_at) VALUES ($1, $2, $3)",
        challenge_hash,
        staff_id,
        expires_at,
    )


async def try_challenge(tx: Tx, challenge_hash: bytes, most_tries: int) -> UUID | None:
    """Count a try; whose challenge it is, None where it is unknown, expired or used up."""
    found: UUID | None = await tx.fetchval(
        "UPDATE admin_challenges SET tries = tries + 1 WHERE challenge_hash = $1 AND expires_at > $2 AND tries < $3 "
        "RETURNING user_id",
        challenge_hash,
        tx.now,
        most_tries,
    )
    return found


async def delete_challenge(tx: Tx, challenge_hash: bytes) -> None:
    """Answered."""
    await tx.execute("DELETE FROM admin_challenges WHERE challenge_hash = $1", challenge_hash)


async def delete_old_challenges(tx: Tx) -> None:
    """Forget challenges that nobody can answer any more."""
    await tx.execute("DELETE FROM admin_challenges WHERE expires_at < $1", tx.now)
