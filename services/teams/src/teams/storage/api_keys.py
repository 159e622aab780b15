"""Tables `api_keys` and `api_key_secrets`."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from chassis.callers import Caller
from chassis.database import Row, Tx
from teams.domain.api_keys import USE_NOTED_EVERY, ApiKey

_COLUMNS = tuple(field.name for field in fields(ApiKey))
_FIELDS = (
    "SELECT k.id, k.org_id, k.name, k.permissions, k.created_by, k.service_account_id, k.hint, k.expires_at,"
    " k.last_used_at, k.revoked_at, k.tokens_not_before, k.created_at, k.version"
)
_SELECT = f"{_FIELDS} FROM api_keys k"
_SELECT_LISTED = (
    f"{_FIELDS}, u.name AS creator_name, a.name AS account_name FROM api_keys k"
    " LEFT JOIN users u ON u.id = k.created_by LEFT JOIN service_accounts a ON a.id = k.service_account_id"
)


@dataclass(frozen=True)
class FoundKey:
    """Whose secret a hash is, and when that secret ends, if it was rotated away."""

    key_id: UUID
    org_id: UUID
    expires_at: datetime | None


@dataclass(frozen=True)
class ListedKey:
    """A key with the names of those it belongs to; None of a creator who left."""

    key: ApiKey
    creator_name: str | None
    service_account_name: str | None


def _key(row: Row) -> ApiKey:
    values = {column: row[column] for column in _COLUMNS}
    scope = values["permissions"]
    return ApiKey(**(values | {"permissions": None if scope is None else frozenset(scope)}))


async def find_by_hash(tx: Tx, secret_hash: bytes) -> FoundKey | None:
    """Works before anybody is known."""
    row = await tx.fetchrow("SELECT key_id, org_id, expires_at FROM api_key_by_hash($1)", secret_hash)
    return FoundKey(**dict(row)) if row else None


async def token_stands(tx: Tx, caller: Caller, minted: datetime) -> bool:
    """Whether all that a key's token was made of is as it was then; works before anybody is known."""
    return bool(
        await tx.fetchval(
            "SELECT api_key_stands($1, $2, $3, $4, $5, $6) AND roles_stand($7, $2, $5)",
            caller.user_id,
            caller.org_id,
            caller.person_id,
            caller.account,
            minted,
            tx.now,
            caller.custom_roles,
        )
    )


async def note_use(tx: Tx, key_id: UUID) -> None:
    """At most once a minute a row is written, however many gateways exchange the key."""
    await tx.execute(
        "UPDATE api_keys SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $3)",
        key_id,
        tx.now,
        tx.now - USE_NOTED_EVERY,
    )


async def get_key(tx: Tx, org_id: UUID, key_id: UUID) -> ApiKey | None:
    """A key of the current organization, also one that is over."""
    row = await tx.fetchrow(f"{_SELECT} WHERE k.org_id = $1 AND k.id = $2", org_id, key_id)
    return _key(row) if row else None


async def hold_key(tx: Tx, org_id: UUID, key_id: UUID) -> ApiKey | None:
    """The same, and nobody changes it until the transaction ends."""
    row = await tx.fetchrow(f"{_SELECT} WHERE k.org_id = $1 AND k.id = $2 FOR SHARE", org_id, key_id)
    return _key(row) if row else None


async def lock_key(tx: Tx, org_id: UUID, key_id: UUID) -> ApiKey | None:
    """A key that was not revoked, to be changed by this transaction alone."""
    row = await tx.fetchrow(
        f"{_SELECT} WHERE k.org_id = $1 AND k.id = $2 AND k.revoked_at IS NULL FOR NO KEY UPDATE", org_id, key_id
    )
    return _key(row) if row else None


async def lock_keys_of_person(tx: Tx, org_id: UUID, user_id: UUID) -> list[ApiKey]:
    """Keys a person made for themselves, in one order."""
    rows = await tx.fetch(
        f"{_SELECT} WHERE k.org_id = $1 AND k.created_by = $2 AND k.service_account_id IS NULL AND k.revoked_at IS NULL"
        " ORDER BY k.id FOR NO KEY UPDATE",
        org_id,
        user_id,
    )
    return [_key(row) for row in rows]


async def lock_keys_of_account(tx: Tx, org_id: UUID, account_id: UUID) -> list[ApiKey]:
    """A service account's keys, in one order."""
    rows = await tx.fetch(
        f"{_SELECT} WHERE k.org_id = $1 AND k.service_account_id = $2 AND k.revoked_at IS NULL"
        " ORDER BY k.id FOR NO KEY UPDATE",
        org_id,
        account_id,
    )
    return [_key(row) for row in rows]


async def list_keys(
    tx: Tx, org_id: UUID, *, account_id: UUID | None, after: tuple[UUID] | None, limit: int
) -> list[ListedKey]:
    """One page of the keys that were not revoked, the newest first, and one row more if there is one."""
    rows = await tx.fetch(
        f"{_SELECT_LISTED} WHERE k.org_id = $1 AND k.revoked_at IS NULL"
        " AND ($2::uuid IS NULL OR k.service_account_id = $2)"
        " AND ($3::uuid IS NULL OR k.id < $3) ORDER BY k.id DESC LIMIT $4",
        org_id,
        account_id,
        after[0] if after else None,
        limit + 1,
    )
    return [ListedKey(_key(row), row["creator_name"], row["account_name"]) for row in rows]


async def list_live_keys(tx: Tx, org_id: UUID, people: Sequence[UUID], accounts: Sequence[UUID]) -> list[ApiKey]:
    """Living keys of these people themselves, and of these service accounts."""
    rows = await tx.fetch(
        f"{_SELECT} WHERE k.org_id = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $4)"
        " AND CASE WHEN k.service_account_id IS NULL THEN k.created_by = ANY($2)"
        " ELSE k.service_account_id = ANY($3) END ORDER BY k.id",
        org_id,
        people,
        accounts,
        tx.now,
    )
    return [_key(row) for row in rows]


async def count_keys(tx: Tx, org_id: UUID) -> int:
    """Those not revoked; exact while the organization is locked."""
    return int(await tx.fetchval("SELECT count(*) FROM api_keys WHERE org_id = $1 AND revoked_at IS NULL", org_id))


async def insert_key(tx: Tx, key: ApiKey) -> None:
    """Store a new key; its secret goes in by `insert_secret`."""
    await tx.execute(
        "INSERT INTO api_keys (id, org_id, name, permissions, created_by, service_account_id, hint, expires_at,"
        " last_used_at, revoked_at, tokens_not_before, created_at, version)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        key.id,
        key.org_id,
        key.name,
        None if key.permissions is None else sorted(key.permissions),
        key.created_by,
        key.service_account_id,
        key.hint,
        key.expires_at,
        key.last_used_at,
        key.revoked_at,
        key.tokens_not_before,
        key.created_at,
        key.version,
    )


async def update_key(tx: Tx, key: ApiKey) -> None:
    """Store a rotated or revoked key; the caller has raised `version`."""
    await tx.execute(
        "UPDATE api_keys SET hint = $2, revoked_at = $3, tokens_not_before = $4, version = $5 WHERE id = $1",
        key.id,
        key.hint,
        key.revoked_at,
        key.tokens_not_before,
        key.version,
    )


async def insert_secret(tx: Tx, key: ApiKey, secret_hash: bytes) -> None:
    """Store a secret's hash; it works as long as the key does."""
    await tx.execute(
        "INSERT INTO api_key_secrets (hash, org_id, key_id, created_at) VALUES ($1, $2, $3, $4)",
        secret_hash,
        key.org_id,
        key.id,
        tx.now,
    )


async def retire_secrets(tx: Tx, key: ApiKey, until: datetime) -> None:
    """Let a key's present secrets work until then and no longer; those that are over are deleted."""
    await tx.execute("DELETE FROM api_key_secrets WHERE key_id = $1 AND expires_at <= $2", key.id, tx.now)
    await tx.execute(
        "UPDATE api_key_secrets SET expires_at = least(coalesce(expires_at, $2), $2) WHERE key_id = $1", key.id, until
    )


async def delete_secrets(tx: Tx, key_id: UUID) -> None:
    """Forget a revoked key's secrets."""
    await tx.execute("DELETE FROM api_key_secrets WHERE key_id = $1", key_id)
