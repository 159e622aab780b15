"""What becomes of a failed message without anybody's doing: stored once, tried again with growing waits, then dead."""

import logging
from collections.abc import Mapping
from datetime import timedelta

from chassis.amqp import Supervised
from chassis.database import Context, Database
from chassis.deadletters import Failed, attempt, describe_failure, failed_from, put_down, stored_headers
from chassis.failures import Description
from chassis.inbox import Invalid, Message, Reader, Received
from chassis.signals import signals

DELAYS = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
"""How long a message waits after its first, second, … failure. After one more it is dead."""

POLL_SECONDS = 1.0

_STORE = """
INSERT INTO failed_messages (consumer, event_id, type, org_id, body, headers, error, error_group, attempts, state,
                             next_try_at, first_failed_at, last_failed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10, $11, $11)
ON CONFLICT (consumer, event_id) DO NOTHING
"""
# The attempt is counted before the handler runs, so that a message that kills the process is not tried for ever.
_CLAIM = """
UPDATE failed_messages
SET attempts = attempts + 1, next_try_at = $1 + ($2::interval[])[attempts + 1],
    state = CASE WHEN attempts >= cardinality($2::interval[]) THEN 'dead' ELSE 'waiting' END
WHERE id = (SELECT id FROM failed_messages WHERE state = 'waiting' AND next_try_at <= $1 AND consumer = ANY($3::text[])
            ORDER BY next_try_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING *
"""

log = logging.getLogger(__name__)


async def store_failure(
    database: Database,
    consumer: str,
    message: Message,
    received: Received | None,
    description: Description,
    *,
    dead: bool,
) -> None:
    """Keep a message that failed for the first time. Storing it again, after a redelivery, changes nothing."""
    async with database.transaction(Context(actor=f"system:{database.service}")) as tx:
        await tx.execute(
            _STORE,
            consumer,
            received.event_id if received else message.identity,
            received.type if received else message.type,
            received.context.org_id if received else None,
            message.body,
            stored_headers(message),
            description.text,
            description.group,
            "dead" if dead else "waiting",
            None if dead else tx.now + DELAYS[0],
            tx.now,
        )


class Retries(Supervised):
    """Tries waiting messages again when they are due. Any number of processes may: each attempt is made by one."""

    def __init__(self, database: Database, readers: Mapping[str, Reader]) -> None:
        super().__init__(f"{database.service} retries")
        self._database = database
        self._readers = readers

    async def session(self) -> None:
        """Try what is due, then look again a second later."""
        await self.tick()
        self.backoff.reset()
        await self.pause(POLL_SECONDS)

    async def tick(self) -> int:
        """Try everything that is due now; returns how many messages were tried."""
        tried = 0
        while not self.stopping and (failed := await self._claim()) is not None:
            await self._try(failed)
            tried += 1
        return tried

    async def _claim(self) -> Failed | None:
        async with self._database.transaction(Context(actor=f"system:{self._database.service}")) as tx:
            row = await tx.fetchrow(_CLAIM, tx.now, list(DELAYS), list(self._readers))
        signals.reached("retry.after_claim")
        return failed_from(row) if row else None

    async def _try(self, failed: Failed) -> None:
        try:
            await attempt(self._database, self._readers, failed)
        except Exception as error:  # noqa: BLE001 - stored with the message
            description = describe_failure(error, self._readers, failed)
            log.error("%s: %s %s failed again: %s", self.name, failed.type, failed.event_id, description.group)
            await put_down(self._database, failed.id, description, dead=isinstance(error, Invalid))
            signals.reached("retry.failed")
        else:
            signals.reached("retry.succeeded")
