"""Table `users`."""

from dataclasses import dataclass
from uuid import UUID

import asyncpg

from chassis.database import Row, Tx
from teams.domain.people import User

_SELECT = (
    "SELECT id, CASE WHEN deleted_at IS NULL THEN email ELSE '' END AS email, name, locale, time_zone, email_verified,"
    " version, deleted_at FROM users"
)


@dataclass(frozen=True)
class Account:
    """What sign-in needs before it knows who is there. Without a hash the account has no password."""

    user_id: UUID
    password_hash: str | None


def _user(row: Row) -> User:
    return User(**dict(row))


async def get_account(tx: Tx, email: str) -> Account | None:
    """The account of an address, whatever its case; works before anybody is known."""
    row = await tx.fetchrow("SELECT id, password_hash FROM account_by_email($1)", email)
    return Account(row["id"], row["password_hash"]) if row else None


async def get_user(tx: Tx, user_id: UUID) -> User:
    """Oneself or a fellow member. Raises LookupError: a token names a person we have."""
    row = await tx.fetchrow(f"{_SELECT} WHERE id = $1", user_id)
    if row is None:
        raise LookupError("no such user in sight")
    return _user(row)


async def lock_user(tx: Tx, user_id: UUID) -> User:
    """Oneself, held until the transaction ends. Raises LookupError."""
    row = await tx.fetchrow(f"{_SELECT} WHERE id = $1 FOR NO KEY UPDATE", user_id)
    if row is None:
        raise LookupError("no such user in sight")
    return _user(row)


async def insert_user(tx: Tx, user: User, password_hash: str | None) -> bool:
    """Store a new person, without a password if need be.

    False if the address has an account already (also one made this instant).
    """
    inserted = await tx.execute(
        "INSERT INTO users (id, email, name, locale, time_zone, email_verified, version, password_hash, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        " ON CONFLICT (lower(email)) DO NOTHING",
        user.id,
        user.email,
        user.name,
        user.locale,
        user.time_zone,
        user.email_verified,
        user.version,
        password_hash,
        tx.now,
    )
    return inserted == 1


async def update_user(tx: Tx, user: User) -> None:
    """Store what may change about a person; the caller has raised `version`."""
    await tx.execute(
        "UPDATE users SET name = $2, locale = $3, time_zone = $4, email_verified = $5, version = $6 WHERE id = $1",
        user.id,
        user.name,
        user.locale,
        user.time_zone,
        user.email_verified,
        user.version,
    )


async def update_email(tx: Tx, user: User) -> bool:
    """Store another address, verified or not, and the raised version; False if it is somebody else's by now."""
    try:
        async with tx.savepoint():
            await tx.execute(
                "UPDATE users SET email = $2, email_verified = $3, version = $4 WHERE id = $1",
                user.id,
                user.email,
                user.email_verified,
                user.version,
            )
    except asyncpg.UniqueViolationError:
        return False
    return True


async def erase_user(tx: Tx, user: User) -> None:
    """Store that a person ended their account: no name, no password, no address; the caller has raised `version`."""
    await tx.execute(
        "UPDATE users SET email = 'deleted-' || id, name = '', password_hash = NULL, locale = $2, time_zone = $3,"
        " email_verified = false, version = $4, deleted_at = $5 WHERE id = $1",
        user.id,
        user.locale,
        user.time_zone,
        user.version,
        user.deleted_at,
    )


async def delete_password(tx: Tx, user_id: UUID) -> None:
    """The account has no password any more."""
    await tx.execute("UPDATE users SET password_hash = NULL WHERE id = $1", user_id)


async def update_password_hash(tx: Tx, user_id: UUID, password_hash: str) -> None:
    """Another password, which the caller states; or the same under newer parameters, which is no fact."""
    await tx.execute("UPDATE users SET password_hash = $2 WHERE id = $1", user_id, password_hash)


async def count_all(tx: Tx) -> int:
    """All people."""
    return int(await tx.fetchval("SELECT count(*) FROM users"))


async def list_all(tx: Tx, *, after: UUID, limit: int) -> list[User]:
    """The next ones of them by id."""
    rows = await tx.fetch(f"{_SELECT} WHERE id > $1 ORDER BY id LIMIT $2", after, limit)
    return [_user(row) for row in rows]
