"""Table `known_devices`."""

from datetime import datetime
from uuid import UUID

from chassis.database import Tx


async def count_devices(tx: Tx, user_id: UUID) -> int:
    """How many devices the person signed in on before; exact while the person is locked."""
    return int(await tx.fetchval("SELECT count(*) FROM known_devices WHERE user_id = $1", user_id))


async def update_seen(tx: Tx, user_id: UUID, device: bytes) -> bool:
    """The person signs in on a device they used before; False if they did not."""
    touched = await tx.execute(
        "UPDATE known_devices SET seen_at = $3 WHERE user_id = $1 AND device_hash = $2", user_id, device, tx.now
    )
    return touched == 1


async def insert_device(tx: Tx, user_id: UUID, device: bytes) -> bool:
    """Remember a device; False if it is known by now."""
    inserted = await tx.execute(
        "INSERT INTO known_devices (user_id, device_hash, seen_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        user_id,
        device,
        tx.now,
    )
    return inserted == 1


async def delete_unseen_devices(tx: Tx, before: datetime) -> None:
    """Forget devices nobody signed in on since then."""
    await tx.execute("DELETE FROM known_devices WHERE seen_at < $1", before)
