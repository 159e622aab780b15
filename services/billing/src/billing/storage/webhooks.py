"""Table `webhooks`: what was pushed to us, as it came."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import orjson

from chassis import telemetry
from chassis.database import Row, Tx

STRIPE = "stripe"

WebhookState = Literal["done", "ignored", "quarantined", "dead"]


@dataclass(frozen=True)
class Webhook:
    """One stored delivery that waits to be handled."""

    source: str
    external_id: str
    type: str
    body: bytes
    attempts: int
    traceparent: str | None


async def insert_webhook(
    tx: Tx, source: str, external_id: str, *, type: str, body: bytes, headers: Mapping[str, str]
) -> bool:
    """Keep a delivery, byte for byte; False for one that is kept already. The HTTP role may insert and nothing else."""
    inserted = await tx.execute(
        "INSERT INTO webhooks (source, external_id, type, body, headers, state, next_try_at, received_at, traceparent)"
        " VALUES ($1, $2, $3, $4, $5::text::jsonb, 'pending', $6, $6, $7) ON CONFLICT DO NOTHING",
        source,
        external_id,
        type,
        body,
        orjson.dumps(dict(headers)).decode(),
        tx.now,
        telemetry.current_traceparent(),
    )
    return inserted == 1


async def list_due(tx: Tx, limit: int) -> list[Webhook]:
    """Deliveries to handle now, the longest waiting first."""
    rows = await tx.fetch(
        "SELECT source, external_id, type, body, attempts, traceparent FROM webhooks"
        " WHERE state = 'pending' AND next_try_at <= $1 ORDER BY next_try_at, external_id LIMIT $2",
        tx.now,
        limit,
    )
    return [Webhook(**row) for row in rows]


async def get_next_due(tx: Tx) -> datetime | None:
    """When the next delivery is to be tried; None if there is none."""
    due: datetime | None = await tx.fetchval("SELECT min(next_try_at) FROM webhooks WHERE state = 'pending'")
    return due


async def update_settled(tx: Tx, webhook: Webhook, state: WebhookState, reason: str | None = None) -> bool:
    """Close a delivery; False if it was closed before."""
    touched = await tx.execute(
        "UPDATE webhooks SET state = $3, reason = $4, attempts = attempts + 1, handled_at = $5"
        " WHERE source = $1 AND external_id = $2 AND state = 'pending'",
        webhook.source,
        webhook.external_id,
        state,
        reason,
        tx.now,
    )
    return touched == 1


async def update_postponed(tx: Tx, webhook: Webhook, at: datetime, reason: str) -> None:
    """Try again at `at`."""
    await tx.execute(
        "UPDATE webhooks SET attempts = attempts + 1, next_try_at = $3, reason = $4"
        " WHERE source = $1 AND external_id = $2 AND state = 'pending'",
        webhook.source,
        webhook.external_id,
        at,
        reason,
    )


async def update_released(tx: Tx, states: list[str]) -> int:
    """Give what was set aside another chance; returns how many."""
    return await tx.execute(
        "UPDATE webhooks SET state = 'pending', attempts = 0, next_try_at = $2, reason = NULL WHERE state = ANY($1)",
        states,
        tx.now,
    )


async def count_set_aside(tx: Tx) -> dict[str, int]:
    """How many wait for somebody to look at them, by state."""
    rows = await tx.fetch(
        "SELECT state, count(*) AS number FROM webhooks WHERE state IN ('quarantined', 'dead') GROUP BY state"
    )
    return {row["state"]: row["number"] for row in rows}


async def list_set_aside(tx: Tx, state: str, limit: int) -> list[Row]:
    """Those that wait in that state, the newest first: id, type, when they came, and why they were set aside."""
    return await tx.fetch(
        "SELECT external_id, type, received_at, reason FROM webhooks WHERE state = $1"
        " ORDER BY received_at DESC, external_id LIMIT $2",
        state,
        limit,
    )


async def delete_handled(tx: Tx, keep: timedelta) -> None:
    """Forget what was handled long ago."""
    await tx.execute("DELETE FROM webhooks WHERE state IN ('done', 'ignored') AND received_at < $1", tx.now - keep)


async def delete_about(tx: Tx, customer: str) -> None:
    """Forget what is understood already and names a customer of Stripe's anywhere in its body."""
    await tx.execute(
        "DELETE FROM webhooks WHERE state IN ('done', 'ignored') AND position(convert_to($1, 'UTF8') IN body) > 0",
        customer,
    )
