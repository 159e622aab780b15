"""Table `seat_limits`: the projection of what billing sells."""

from uuid import UUID

from chassis.database import Tx


async def get_seats(tx: Tx, org_id: UUID) -> int | None:
    """The seats that were bought; None while billing has said nothing."""
    seats: int | None = await tx.fetchval("SELECT seats FROM seat_limits WHERE org_id = $1", org_id)
    return seats


async def store_seats(tx: Tx, org_id: UUID, seats: int, sequence: int) -> bool:
    """Keep them; False if a later word was heard already."""
    stored = await tx.execute(
        "INSERT INTO seat_limits (org_id, seats, sequence) VALUES ($1, $2, $3)"
        " ON CONFLICT (org_id) DO UPDATE SET seats = excluded.seats, sequence = excluded.sequence"
        " WHERE seat_limits.sequence < excluded.sequence",
        org_id,
        seats,
        sequence,
    )
    return stored == 1
