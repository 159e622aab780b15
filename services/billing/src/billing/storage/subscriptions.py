"""Table `subscriptions`."""

from dataclasses import astuple, dataclass, fields
from datetime import datetime
from uuid import UUID

from billing.domain.subscriptions import SubscriptionState
from chassis.database import Row, Tx

_STATE = [field.name for field in fields(SubscriptionState)]
_COLUMNS = ", ".join(["id", "org_id", "as_of", "version", *_STATE])
_SELECT = f"SELECT {_COLUMNS} FROM subscriptions"  # noqa: S608 - names of our own


@dataclass(frozen=True)
class Subscription:
    """A subscription in our books. `version` is its events' sequence."""

    id: UUID
    org_id: UUID
    state: SubscriptionState
    as_of: datetime
    version: int


def _subscription(row: Row) -> Subscription:
    state = SubscriptionState(**{name: row[name] for name in _STATE})
    return Subscription(row["id"], row["org_id"], state, row["as_of"], row["version"])


async def get_by_stripe_id(tx: Tx, stripe_id: str) -> Subscription | None:
    """The subscription of that name at Stripe."""
    row = await tx.fetchrow(f"{_SELECT} WHERE stripe_id = $1", stripe_id)
    return None if row is None else _subscription(row)


async def get_current(tx: Tx, org_id: UUID) -> Subscription | None:
    """The organization's newest subscription that has not ended."""
    row = await tx.fetchrow(
        f"{_SELECT} WHERE org_id = $1 AND status NOT IN ('canceled', 'incomplete_expired')"
        " ORDER BY started_at DESC, id DESC LIMIT 1",
        org_id,
    )
    return None if row is None else _subscription(row)


async def insert_subscription(tx: Tx, new: Subscription) -> None:
    """Store one that the books did not know."""
    places = ", ".join(f"${number}" for number in range(1, 5 + len(_STATE)))
    await tx.execute(
        f"INSERT INTO subscriptions ({_COLUMNS}) VALUES ({places})",  # noqa: S608 - names from our own dataclass
        new.id,
        new.org_id,
        new.as_of,
        new.version,
        *astuple(new.state),
    )


async def update_subscription(tx: Tx, changed: Subscription) -> None:
    """Replace its state; the caller has raised `version`."""
    places = ", ".join(f"{name} = ${number}" for number, name in enumerate(_STATE, start=4))
    await tx.execute(
        f"UPDATE subscriptions SET as_of = $2, version = $3, {places} WHERE id = $1",  # noqa: S608 - as above
        changed.id,
        changed.as_of,
        changed.version,
        *astuple(changed.state),
    )


async def update_as_of(tx: Tx, id: UUID, as_of: datetime) -> None:
    """Its state was seen again, later."""
    await tx.execute("UPDATE subscriptions SET as_of = greatest(as_of, $2) WHERE id = $1", id, as_of)


async def count_all(tx: Tx) -> int:
    """All subscriptions, also those that have ended."""
    return int(await tx.fetchval("SELECT count(*) FROM subscriptions"))


async def list_all(tx: Tx, *, after: UUID, limit: int) -> list[Subscription]:
    """The next ones of them by id."""
    rows = await tx.fetch(f"{_SELECT} WHERE id > $1 ORDER BY id LIMIT $2", after, limit)
    return [_subscription(row) for row in rows]
