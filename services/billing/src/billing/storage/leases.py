"""Who works in the background, and how they are woken: a session's advisory lock, and NOTIFY."""

from typing import Any

from chassis.pool import Pool


async def take_lease(connection: Any, name: str) -> bool:
    """Take it for as long as this connection lives; False while another has it."""
    taken: bool = await connection.fetchval(
        "SELECT pg_try_advisory_lock(hashtext('billing.lease'), hashtext($1))", name
    )
    return taken


async def notify(pool: Pool, channel: str) -> None:
    """Wake whoever listens, outside of any transaction."""
    await pool.execute("SELECT pg_notify($1, '')", channel)
