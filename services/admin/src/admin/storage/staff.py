"""Tables `admin_users` and `admin_recovery_codes`."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from admin.domain.staff import Staff
from chassis.database import Row, Tx
from contracts.permissions import AdminRole

_SELECT = "SELECT id, email, name, role, state, password_hash FROM admin_users"


@dataclass(frozen=True)
class Account:
    """What sign-in needs before it knows who is there."""

    staff: Staff
    password_hash: str


@dataclass(frozen=True)
class Factor:
    """A second factor: the encrypted seed, and the last time step whose code was used."""

    seed: bytes
    last_step: int


def _staff(row: Row) -> Staff:
    return Staff(row["id"], row["email"], row["name"], AdminRole(row["role"]), row["state"])


async def get_account(tx: Tx, email: str) -> Account | None:
    """The active account of an address, whatever its case."""
    row = await tx.fetchrow(f"{_SELECT} WHERE lower(email) = lower($1) AND state = 'active'", email)
    return Account(_staff(row), row["password_hash"]) if row else None


async def get_staff(tx: Tx, staff_id: UUID) -> Staff | None:
    """One person."""
    row = await tx.fetchrow(f"{_SELECT} WHERE id = $1", staff_id)
    return _staff(row) if row else None


async def list_staff(tx: Tx, after: UUID | None, limit: int) -> list[Staff]:
    """Up to `limit + 1`, the longest here first."""
    rows = await tx.fetch(f"{_SELECT} WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2", after, limit + 1)
    return [_staff(row) for row in rows]


async def get_emails(tx: Tx, staff_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The address of each person known."""
    rows = await tx.fetch("SELECT id, email FROM admin_users WHERE id = ANY ($1)", list(staff_ids))
    return {row["id"]: row["email"] for row in rows}


async def count_superadmins(tx: Tx) -> int:
    """How many may do everything, held until the transaction ends so that two commands cannot both be the first."""
    await tx.execute("LOCK TABLE admin_users IN SHARE ROW EXCLUSIVE MODE")
    count: int = await tx.fetchval("SELECT count(*) FROM admin_users WHERE role = 'superadmin' AND state = 'active'")
    return count


async def insert_staff(tx: Tx, staff: Staff, *, password_hash: str, seed: bytes) -> bool:
    """Store a new person; False if the address is taken. The owner's door only."""
    inserted = await tx.execute(
        "INSERT INTO admin_users (id, email, name, role, state, password_hash, totp_seed, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (lower(email)) DO NOTHING",
        staff.id,
        staff.email,
        staff.name,
        staff.role.value,
        staff.state,
        password_hash,
        seed,
        tx.now,
    )
    return inserted == 1


async def update_password_hash(tx: Tx, staff_id: UUID, password_hash: str) -> None:
    """The same password under newer parameters."""
    await tx.execute("UPDATE admin_users SET password_hash = $2 WHERE id = $1", staff_id, password_hash)


async def lock_factor(tx: Tx, staff_id: UUID) -> Factor:
    """The second factor, held: of two requests with one code the second finds it used. Raises LookupError."""
    row = await tx.fetchrow(
        "SELECT totp_seed, totp_last_step FROM admin_users WHERE id = $1 FOR NO KEY UPDATE", staff_id
    )
    if row is None:
        raise LookupError("no such person")
    return Factor(row["totp_seed"], row["totp_last_step"])


async def update_last_step(tx: Tx, staff_id: UUID, step: int) -> None:
    """No code of this step or an earlier one works again."""
    await tx.execute("UPDATE admin_users SET totp_last_step = $2 WHERE id = $1", staff_id, step)


async def list_seeds(tx: Tx) -> dict[UUID, bytes]:
    """Every encrypted seed, held."""
    return {row["id"]: row["totp_seed"] for row in await tx.fetch("SELECT id, totp_seed FROM admin_users FOR UPDATE")}


async def update_seed(tx: Tx, staff_id: UUID, seed: bytes) -> None:
    """The same seed under another key. The owner's door only."""
    await tx.execute("UPDATE admin_users SET totp_seed = $2 WHERE id = $1", staff_id, seed)


async def insert_recovery_codes(tx: Tx, staff_id: UUID, hashes: Sequence[bytes]) -> None:
    """Store the hashes of new codes. The owner's door only."""
    await tx.executemany(
        "INSERT INTO admin_recovery_codes (user_id, code_hash) VALUES ($1, $2)", [(staff_id, code) for code in hashes]
    )


async def use_recovery_code(tx: Tx, staff_id: UUID, code_hash: bytes) -> bool:
    """Whether it was one, and unused until now."""
    used = await tx.execute(
        "UPDATE admin_recovery_codes SET used_at = $3 WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL",
        staff_id,
        code_hash,
        tx.now,
    )
    return used == 1
