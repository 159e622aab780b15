"""Table `operations`: the journal of intents."""

from dataclasses import fields
from datetime import datetime
from uuid import UUID

import orjson

from billing.domain.operations import Kind, Operation
from chassis import telemetry
from chassis.database import Row, Tx

_NAMES = [field.name for field in fields(Operation)]
_COLUMNS = ", ".join("parameters::text AS parameters" if name == "parameters" else name for name in _NAMES)
_SELECT = f"SELECT {_COLUMNS} FROM operations"  # noqa: S608 - names of our own
_RETURNING = f" RETURNING {_COLUMNS}"
_INSERT = (
    "INSERT INTO operations (id, org_id, kind, parameters, state, next_try_at, actor, correlation_id, traceparent,"
    " created_at) VALUES ($1, $2, $3, $4::text::jsonb, 'pending', $5, $6, $7, $8, $5)"
)
_TRY = (
    "UPDATE operations SET attempts = attempts + 1, last_tried_at = $2, generation = generation + $3,"
    " first_tried_at = CASE WHEN $3 = 1 THEN $2 ELSE coalesce(first_tried_at, $2) END,"
    " look_first = look_first AND $3 = 0 WHERE id = $1 AND state = 'pending'"
)


def _operation(row: Row) -> Operation:
    return Operation(**(dict(row) | {"kind": Kind(row["kind"]), "parameters": orjson.loads(row["parameters"])}))


async def insert_operation(tx: Tx, id: UUID, org_id: UUID, kind: Kind, parameters: dict[str, object]) -> Operation:
    """State an intent; it is due at once."""
    row = await tx.fetchrow(
        _INSERT + _RETURNING,
        id,
        org_id,
        kind,
        orjson.dumps(parameters).decode(),
        tx.now,
        tx.context.actor,
        tx.context.correlation_id,
        telemetry.current_traceparent(),
    )
    if row is None:
        raise LookupError("an insert returned nothing")
    return _operation(row)


async def get_operation(tx: Tx, id: UUID) -> Operation | None:
    """One intent."""
    row = await tx.fetchrow(f"{_SELECT} WHERE id = $1", id)
    return None if row is None else _operation(row)


async def lock_operation(tx: Tx, id: UUID) -> Operation | None:
    """One intent, held."""
    row = await tx.fetchrow(f"{_SELECT} WHERE id = $1 FOR UPDATE", id)
    return None if row is None else _operation(row)


async def get_pending(tx: Tx, org_id: UUID) -> Operation | None:
    """The organization's oldest intent that is not carried out yet."""
    row = await tx.fetchrow(f"{_SELECT} WHERE org_id = $1 AND state = 'pending' ORDER BY id LIMIT 1", org_id)
    return None if row is None else _operation(row)


async def is_pending(tx: Tx, org_id: UUID, kind: Kind) -> bool:
    """Whether the organization has an intent of that kind that is not carried out yet."""
    found: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM operations WHERE org_id = $1 AND state = 'pending' AND kind = $2)", org_id, kind
    )
    return found


async def list_due(tx: Tx, limit: int) -> list[Operation]:
    """Due intents, at most one an organization: its oldest."""
    rows = await tx.fetch(
        f"{_SELECT} AS o WHERE state = 'pending' AND next_try_at <= $1 AND NOT EXISTS ("
        " SELECT FROM operations earlier WHERE earlier.org_id = o.org_id AND earlier.state = 'pending'"
        " AND earlier.id < o.id) ORDER BY next_try_at LIMIT $2",
        tx.now,
        limit,
    )
    return [_operation(row) for row in rows]


async def get_next_due(tx: Tx) -> datetime | None:
    """When the next intent is to be tried; None if there is none."""
    due: datetime | None = await tx.fetchval("SELECT min(next_try_at) FROM operations WHERE state = 'pending'")
    return due


async def get_oldest_pending(tx: Tx) -> datetime | None:
    """Since when the oldest intent waits."""
    oldest: datetime | None = await tx.fetchval("SELECT min(created_at) FROM operations WHERE state = 'pending'")
    return oldest


async def update_tried(tx: Tx, id: UUID, *, renewed: bool) -> Operation:
    """Count an attempt before it is made; `renewed` takes a new idempotency key. Raises LookupError."""
    row = await tx.fetchrow(
        _TRY + _RETURNING,
        id,
        tx.now,
        int(renewed),
    )
    if row is None:
        raise LookupError(f"operation {id} is not pending")
    return _operation(row)


async def erase_names(tx: Tx, org_id: UUID) -> None:
    """Forget what closed intents sent of the organization's name, and what Stripe said in words."""
    await tx.execute(
        "UPDATE operations SET parameters = parameters - 'name', error_detail = NULL"
        " WHERE org_id = $1 AND state <> 'pending'",
        org_id,
    )


async def update_postponed(tx: Tx, id: UUID, *, at: datetime, code: str, detail: str, look_first: bool) -> None:
    """Try again at `at`; with `look_first` only after looking whether it took effect."""
    await tx.execute(
        "UPDATE operations SET next_try_at = $2, error_code = $3, error_detail = $4, look_first = look_first OR $5"
        " WHERE id = $1 AND state = 'pending'",
        id,
        at,
        code,
        detail,
        look_first,
    )


async def update_finished(tx: Tx, id: UUID, *, code: str | None = None, detail: str | None = None) -> None:
    """Close an intent: failed where there is a code, else succeeded."""
    await tx.execute(
        "UPDATE operations SET state = $2, error_code = $3, error_detail = $4, finished_at = $5 WHERE id = $1",
        id,
        "succeeded" if code is None else "failed",
        code,
        detail,
        tx.now,
    )
