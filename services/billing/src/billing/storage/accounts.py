"""Table `accounts`: one row an organization."""

from dataclasses import dataclass
from uuid import UUID

from billing.domain.plans import Entitlements
from chassis.database import Row, Tx

_COLUMNS = (
    "org_id, name, stripe_customer, payment_method, entitlements::text AS entitlements, entitlements_version,"
    " erased_at IS NOT NULL AS erased"
)
_SELECT = f"SELECT {_COLUMNS} FROM accounts"  # noqa: S608 - names of our own


@dataclass(frozen=True)
class Account:
    """An organization as billing knows it. `entitlements` are those last announced."""

    org_id: UUID
    name: str
    stripe_customer: str | None
    payment_method: str | None
    entitlements: Entitlements | None
    entitlements_version: int
    erased: bool = False


def _account(row: Row) -> Account:
    said = row["entitlements"]
    return Account(**(dict(row) | {"entitlements": Entitlements.model_validate_json(said) if said else None}))


async def insert_account(tx: Tx, org_id: UUID, name: str) -> bool:
    """Open an account; False if it is there already."""
    inserted = await tx.execute(
        "INSERT INTO accounts (org_id, name, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        org_id,
        name,
        tx.now,
    )
    return inserted == 1


async def get_account(tx: Tx, org_id: UUID) -> Account | None:
    """The account of an organization."""
    row = await tx.fetchrow(f"{_SELECT} WHERE org_id = $1", org_id)
    return None if row is None else _account(row)


async def lock_account(tx: Tx, org_id: UUID) -> Account | None:
    """The account, held: everything about one organization's money is decided one after the other."""
    row = await tx.fetchrow(f"{_SELECT} WHERE org_id = $1 FOR NO KEY UPDATE", org_id)
    return None if row is None else _account(row)


async def find_owner(tx: Tx, organization_id: UUID | None, customer: str) -> UUID | None:
    """Whose object of Stripe's this is: by its customer, else by the organization it is marked with."""
    found: UUID | None = await tx.fetchval(
        "SELECT org_id FROM accounts WHERE stripe_customer = $1 OR (org_id = $2 AND stripe_customer IS NULL)"
        " ORDER BY stripe_customer NULLS LAST LIMIT 1",
        customer,
        organization_id,
    )
    return found


async def update_customer(tx: Tx, org_id: UUID, customer: str) -> None:
    """Remember the organization's customer at Stripe."""
    await tx.execute("UPDATE accounts SET stripe_customer = $2 WHERE org_id = $1", org_id, customer)


async def update_payment_method(tx: Tx, org_id: UUID, payment_method: str) -> None:
    """Remember the card that is charged by default."""
    await tx.execute("UPDATE accounts SET payment_method = $2 WHERE org_id = $1", org_id, payment_method)


async def update_entitlements(tx: Tx, org_id: UUID, entitlements: Entitlements, version: int) -> None:
    """Remember what is announced."""
    await tx.execute(
        "UPDATE accounts SET entitlements = $2::text::jsonb, entitlements_version = $3 WHERE org_id = $1",
        org_id,
        entitlements.model_dump_json(),
        version,
    )


async def update_life_sequence(tx: Tx, org_id: UUID, sequence: int) -> bool:
    """Remember what was last said of the organization's life; False if something later was said already."""
    updated = await tx.execute(
        "UPDATE accounts SET life_sequence = $2 WHERE org_id = $1 AND life_sequence < $2", org_id, sequence
    )
    return updated == 1


async def get_ended_with_organization(tx: Tx, org_id: UUID) -> bool:
    """Whether the deletion of the organization ended its subscription."""
    return bool(await tx.fetchval("SELECT ended_with_organization FROM accounts WHERE org_id = $1", org_id))


async def update_ended_with_organization(tx: Tx, org_id: UUID, *, ended: bool) -> None:
    """Remember it."""
    await tx.execute("UPDATE accounts SET ended_with_organization = $2 WHERE org_id = $1", org_id, ended)


async def erase(tx: Tx, org_id: UUID) -> None:
    """Forget its name and the card that was charged; what it was at Stripe stays an id."""
    await tx.execute(
        "UPDATE accounts SET name = '', payment_method = NULL, erased_at = $2 WHERE org_id = $1", org_id, tx.now
    )


async def count_entitled(tx: Tx) -> int:
    """All accounts whose entitlements were announced."""
    return int(await tx.fetchval("SELECT count(*) FROM accounts WHERE entitlements IS NOT NULL"))


async def list_entitled(tx: Tx, *, after: UUID, limit: int) -> list[Account]:
    """The next ones of them by organization."""
    rows = await tx.fetch(
        f"{_SELECT} WHERE entitlements IS NOT NULL AND org_id > $1 ORDER BY org_id LIMIT $2", after, limit
    )
    return [_account(row) for row in rows]
