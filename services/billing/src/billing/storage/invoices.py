"""Table `invoices`."""

from dataclasses import astuple, dataclass, fields
from datetime import datetime
from uuid import UUID

from billing.domain.invoices import InvoiceState
from chassis.database import Row, Tx

_STATE = [field.name for field in fields(InvoiceState)]
_COLUMNS = ", ".join(["id", "org_id", "as_of", "version", "failed_attempts", *_STATE])
_SELECT = f"SELECT {_COLUMNS} FROM invoices"  # noqa: S608 - names of our own


@dataclass(frozen=True)
class Invoice:
    """An invoice in our books. `failed_attempts` is the highest attempt whose failure was told."""

    id: UUID
    org_id: UUID
    state: InvoiceState
    as_of: datetime
    version: int
    failed_attempts: int


def _invoice(row: Row) -> Invoice:
    state = InvoiceState(**{name: row[name] for name in _STATE})
    return Invoice(row["id"], row["org_id"], state, row["as_of"], row["version"], row["failed_attempts"])


async def get_by_stripe_id(tx: Tx, stripe_id: str) -> Invoice | None:
    """The invoice of that name at Stripe."""
    row = await tx.fetchrow(f"{_SELECT} WHERE stripe_id = $1", stripe_id)
    return None if row is None else _invoice(row)


async def list_invoices(tx: Tx, org_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int) -> list[Invoice]:
    """One page, the newest first, and one row more if there is one. Drafts are Stripe's business."""
    instant, invoice_id = after or (None, None)
    rows = await tx.fetch(
        f"{_SELECT} WHERE org_id = $1 AND status <> 'draft'"
        " AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))"
        " ORDER BY created_at DESC, id DESC LIMIT $4",
        org_id,
        instant,
        invoice_id,
        limit + 1,
    )
    return [_invoice(row) for row in rows]


async def insert_invoice(tx: Tx, new: Invoice) -> None:
    """Store one that the books did not know."""
    places = ", ".join(f"${number}" for number in range(1, 6 + len(_STATE)))
    await tx.execute(
        f"INSERT INTO invoices ({_COLUMNS}) VALUES ({places})",  # noqa: S608 - names from our own dataclass
        new.id,
        new.org_id,
        new.as_of,
        new.version,
        new.failed_attempts,
        *astuple(new.state),
    )


async def update_invoice(tx: Tx, changed: Invoice) -> None:
    """Replace its state; the caller has raised `version`."""
    places = ", ".join(f"{name} = ${number}" for number, name in enumerate(_STATE, start=5))
    await tx.execute(
        f"UPDATE invoices SET as_of = $2, version = $3, failed_attempts = $4, {places} WHERE id = $1",  # noqa: S608
        changed.id,
        changed.as_of,
        changed.version,
        changed.failed_attempts,
        *astuple(changed.state),
    )


async def update_as_of(tx: Tx, id: UUID, as_of: datetime) -> None:
    """Its state was seen again, later."""
    await tx.execute("UPDATE invoices SET as_of = greatest(as_of, $2) WHERE id = $1", id, as_of)


async def count_issued(tx: Tx) -> int:
    """All invoices but drafts."""
    return int(await tx.fetchval("SELECT count(*) FROM invoices WHERE status <> 'draft'"))


async def list_issued(tx: Tx, *, after: UUID, limit: int) -> list[Invoice]:
    """The next ones of them by id."""
    rows = await tx.fetch(f"{_SELECT} WHERE status <> 'draft' AND id > $1 ORDER BY id LIMIT $2", after, limit)
    return [_invoice(row) for row in rows]
