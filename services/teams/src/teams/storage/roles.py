"""Table `roles`, and who has which."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from chassis.database import Row, Tx
from teams.domain.roles import CustomRole, HeldRole, built_in, held

_COLUMNS = (
    "SELECT id, org_id, name, description, permissions, tokens_not_before, created_by, created_at, changed_at,"
    " deleted_at, version FROM roles"
)
_SELECT = f"{_COLUMNS} WHERE org_id = $1 AND deleted_at IS NULL"


@dataclass(frozen=True)
class Uses:
    """How many active members, pending invitations and service accounts have a role, and whether newcomers by single
    sign-on get it.
    """

    members: int = 0
    invitations: int = 0
    service_accounts: int = 0
    sso: bool = False

    @property
    def any(self) -> bool:
        """Whether anybody has it."""
        return bool(self.members or self.invitations or self.service_accounts or self.sso)


def _role(row: Row) -> CustomRole:
    return CustomRole(**(dict(row) | {"permissions": frozenset(row["permissions"])}))


def _id_of(key: str) -> UUID | None:
    try:
        return UUID(key)
    except ValueError:
        return None


async def get_role(tx: Tx, org_id: UUID, key: str, lock: str = "") -> HeldRole | None:
    """A built-in role, or a living one of the current organization by its id; None for anything else."""
    if (own := built_in(key)) is not None:
        return own
    role_id = _id_of(key)
    row = await tx.fetchrow(f"{_SELECT} AND id = $2 {lock}", org_id, role_id) if role_id else None
    return held(_role(row)) if row else None


async def hold_role(tx: Tx, org_id: UUID, key: str) -> HeldRole:
    """The same, and nobody changes it until the transaction ends. Raises LookupError: whoever has it, has it."""
    found = await get_role(tx, org_id, key, "FOR SHARE")
    if found is None:
        raise LookupError("a role that somebody has is gone")
    return found


async def lock_custom_role(tx: Tx, org_id: UUID, role_id: UUID) -> CustomRole | None:
    """A living custom role, to be changed by this transaction alone."""
    row = await tx.fetchrow(f"{_SELECT} AND id = $2 FOR NO KEY UPDATE", org_id, role_id)
    return _role(row) if row else None


async def get_names(tx: Tx, org_id: UUID, keys: Collection[str]) -> dict[str, str]:
    """The names of those keys that are custom roles, also deleted ones."""
    ids = [role_id for key in set(keys) if built_in(key) is None and (role_id := _id_of(key))]
    if not ids:
        return {}
    rows = await tx.fetch("SELECT id, name FROM roles WHERE org_id = $1 AND id = ANY($2)", org_id, ids)
    return {str(row["id"]): row["name"] for row in rows}


async def list_custom_roles(tx: Tx, org_id: UUID) -> list[CustomRole]:
    """All living ones by name; an organization has at most 50."""
    rows = await tx.fetch(f"{_SELECT} ORDER BY lower(name)", org_id)
    return [_role(row) for row in rows]


async def count_custom_roles(tx: Tx, org_id: UUID) -> int:
    """Living ones; exact while the organization is locked."""
    return int(await tx.fetchval("SELECT count(*) FROM roles WHERE org_id = $1 AND deleted_at IS NULL", org_id))


async def count_uses(tx: Tx, org_id: UUID) -> dict[str, Uses]:
    """By role key; exact while the organization is locked."""
    rows = await tx.fetch(
        "SELECT role, count(*) FILTER (WHERE kind = 'member') AS members,"
        " count(*) FILTER (WHERE kind = 'invitation') AS invitations,"
        " count(*) FILTER (WHERE kind = 'account') AS service_accounts, bool_or(kind = 'sso') AS sso FROM ("
        "SELECT role, 'member' AS kind FROM memberships WHERE org_id = $1 AND state = 'active'"
        " UNION ALL SELECT role, 'invitation' FROM team_invitations WHERE org_id = $1 AND state = 'pending'"
        " UNION ALL SELECT role, 'account' FROM service_accounts WHERE org_id = $1 AND state <> 'deleted'"
        " UNION ALL SELECT default_role, 'sso' FROM sso_settings WHERE org_id = $1"
        ") AS used GROUP BY role",
        org_id,
    )
    return {row["role"]: Uses(row["members"], row["invitations"], row["service_accounts"], row["sso"]) for row in rows}


async def is_name_taken(tx: Tx, org_id: UUID, name: str, *, but: UUID | None = None) -> bool:
    """Whether another living role has this name, whatever its case."""
    return bool(
        await tx.fetchval(
            "SELECT EXISTS (SELECT FROM roles WHERE org_id = $1 AND lower(name) = lower($2) AND deleted_at IS NULL"
            " AND id IS DISTINCT FROM $3)",
            org_id,
            name,
            but,
        )
    )


async def insert_role(tx: Tx, role: CustomRole) -> None:
    """Store a new role."""
    await tx.execute(
        "INSERT INTO roles (id, org_id, name, description, permissions, tokens_not_before, created_by, created_at,"
        " changed_at, deleted_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        role.id,
        role.org_id,
        role.name,
        role.description,
        sorted(role.permissions),
        role.tokens_not_before,
        role.created_by,
        role.created_at,
        role.changed_at,
        role.deleted_at,
        role.version,
    )


async def update_role(tx: Tx, role: CustomRole) -> None:
    """Store a changed or deleted role; the caller has raised `version`."""
    await tx.execute(
        "UPDATE roles SET name = $2, description = $3, permissions = $4, tokens_not_before = $5, changed_at = $6,"
        " deleted_at = $7, version = $8 WHERE id = $1",
        role.id,
        role.name,
        role.description,
        sorted(role.permissions),
        role.tokens_not_before,
        role.changed_at,
        role.deleted_at,
        role.version,
    )


async def count_all(tx: Tx) -> int:
    """Custom roles of all organizations, deleted ones too."""
    return int(await tx.fetchval("SELECT count(*) FROM roles"))


async def list_all(tx: Tx, *, after: UUID, limit: int) -> list[CustomRole]:
    """The next ones of them by id."""
    rows = await tx.fetch(f"{_COLUMNS} WHERE id > $1 ORDER BY id LIMIT $2", after, limit)
    return [_role(row) for row in rows]
