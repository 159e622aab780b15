"""Table `service_accounts`."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from uuid import UUID

from chassis.database import Row, Tx
from teams.domain.api_keys import ServiceAccount

_COLUMNS = tuple(field.name for field in fields(ServiceAccount))
_FIELDS = """
SELECT a.id, a.org_id, a.name, a.description, a.role, a.delegated_by, a.state, a.tokens_not_before, a.created_by,
       a.created_at, a.changed_at, a.version, (SELECT r.name FROM roles r WHERE r.id = a.custom_role) AS role_name"""
_LISTED_BESIDE = """
       u.name AS delegator_name, m.state = 'active' AS delegator_active,
       (SELECT count(*) FROM api_keys k WHERE k.service_account_id = a.id AND k.revoked_at IS NULL) AS keys
FROM service_accounts a LEFT JOIN users u ON u.id = a.delegated_by
     JOIN memberships m ON m.org_id = a.org_id AND m.user_id = a.delegated_by"""
_LIVING = "WHERE a.org_id = $1 AND a.state <> 'deleted'"
_SELECT = f"{_FIELDS} FROM service_accounts a {_LIVING}"
_SELECT_LISTED = f"{_FIELDS}, {_LISTED_BESIDE} {_LIVING}"


@dataclass(frozen=True)
class ListedAccount:
    """A service account with what the list shows beside it; the name is None of somebody who left."""

    account: ServiceAccount
    delegator_name: str | None
    delegator_active: bool
    keys: int


def _account(row: Row) -> ServiceAccount:
    return ServiceAccount(**{column: row[column] for column in _COLUMNS})


async def get_account(tx: Tx, org_id: UUID, account_id: UUID, lock: str = "") -> ServiceAccount | None:
    """A service account of the current organization that was not deleted."""
    row = await tx.fetchrow(f"{_SELECT} AND a.id = $2 {lock}", org_id, account_id)
    return _account(row) if row else None


async def hold_account(tx: Tx, org_id: UUID, account_id: UUID) -> ServiceAccount | None:
    """The same, and nobody changes it until the transaction ends."""
    return await get_account(tx, org_id, account_id, "FOR SHARE")


async def lock_account(tx: Tx, org_id: UUID, account_id: UUID) -> ServiceAccount | None:
    """The same, to be changed by this transaction alone."""
    return await get_account(tx, org_id, account_id, "FOR NO KEY UPDATE")


async def lock_delegated_by(tx: Tx, org_id: UUID, user_id: UUID) -> list[ServiceAccount]:
    """Active ones that a person answers for, in one order."""
    rows = await tx.fetch(
        f"{_SELECT} AND a.delegated_by = $2 AND a.state = 'active' ORDER BY a.id FOR NO KEY UPDATE", org_id, user_id
    )
    return [_account(row) for row in rows]


async def lock_of_role(tx: Tx, org_id: UUID, role: str) -> list[ServiceAccount]:
    """Those with a role, in one order."""
    rows = await tx.fetch(f"{_SELECT} AND a.role = $2 ORDER BY a.id FOR NO KEY UPDATE", org_id, role)
    return [_account(row) for row in rows]


async def list_touched_by(tx: Tx, org_id: UUID, role: str, people: Sequence[UUID]) -> list[ServiceAccount]:
    """Active ones with a role, or that one of these people answers for."""
    rows = await tx.fetch(
        f"{_SELECT} AND a.state = 'active' AND (a.role = $2 OR a.delegated_by = ANY($3)) ORDER BY a.id",
        org_id,
        role,
        people,
    )
    return [_account(row) for row in rows]


async def list_accounts(tx: Tx, org_id: UUID, *, after: tuple[UUID] | None, limit: int) -> list[ListedAccount]:
    """One page, the newest first, and one row more if there is one."""
    rows = await tx.fetch(
        f"{_SELECT_LISTED} AND ($2::uuid IS NULL OR a.id < $2) ORDER BY a.id DESC LIMIT $3",
        org_id,
        after[0] if after else None,
        limit + 1,
    )
    return [ListedAccount(_account(row), row["delegator_name"], row["delegator_active"], row["keys"]) for row in rows]


async def count_accounts(tx: Tx, org_id: UUID) -> int:
    """Those not deleted; exact while the organization is locked."""
    return int(
        await tx.fetchval("SELECT count(*) FROM service_accounts WHERE org_id = $1 AND state <> 'deleted'", org_id)
    )


async def is_name_taken(tx: Tx, org_id: UUID, name: str, *, but: UUID | None = None) -> bool:
    """Whether another one has this name, whatever its case."""
    return bool(
        await tx.fetchval(
            "SELECT EXISTS (SELECT FROM service_accounts WHERE org_id = $1 AND lower(name) = lower($2)"
            " AND state <> 'deleted' AND id IS DISTINCT FROM $3)",
            org_id,
            name,
            but,
        )
    )


async def insert_account(tx: Tx, account: ServiceAccount) -> None:
    """Store a new service account."""
    await tx.execute(
        "INSERT INTO service_accounts (id, org_id, name, description, role, delegated_by, state, tokens_not_before,"
        " created_by, created_at, changed_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        account.id,
        account.org_id,
        account.name,
        account.description,
        account.role,
        account.delegated_by,
        account.state,
        account.tokens_not_before,
        account.created_by,
        account.created_at,
        account.changed_at,
        account.version,
    )


async def update_account(tx: Tx, account: ServiceAccount) -> None:
    """Store a changed one; the caller has raised `version`."""
    await tx.execute(
        "UPDATE service_accounts SET name = $2, description = $3, role = $4, delegated_by = $5, state = $6,"
        " tokens_not_before = $7, changed_at = $8, version = $9 WHERE id = $1",
        account.id,
        account.name,
        account.description,
        account.role,
        account.delegated_by,
        account.state,
        account.tokens_not_before,
        account.changed_at,
        account.version,
    )
