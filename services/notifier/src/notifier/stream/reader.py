"""What sockets read from the database: a few at a time, so that a crowd that comes back leaves room for others."""

import asyncio
from uuid import UUID

from chassis.database import Context, Database
from notifier import metrics
from notifier.stream import frames
from notifier.stream.client import Client, Seat
from notifier.usecases.open_stream import Missed, missed_between, open_stream


class StreamReader:
    """Reads for sockets, `at_once` of them; the others wait in line."""

    def __init__(self, database: Database, *, at_once: int) -> None:
        self._database = database
        self._turns = asyncio.Semaphore(at_once)

    async def open(self, client: Client, *, cursor: int | None, epoch: UUID | None, heartbeat_s: float) -> None:
        """Say hello, then send what was missed since `cursor`."""
        seat = client.seat
        async with self._turns, self._database.transaction(_context(seat)) as tx:
            opening = await open_stream(tx, seat.user_id, cursor=cursor, epoch=epoch)
        client.seen, client.cursor = opening.top, opening.missed.newest
        client.welcome(frames.hello(opening.epoch, opening.missed.newest, heartbeat_s))
        await self._send(client, opening.missed)

    async def catch_up(self, client: Client) -> None:
        """Send what lies between what this socket has seen and what it has heard of."""
        seat, up_to = client.seat, client.wanted
        async with self._turns, self._database.transaction(_context(seat)) as tx:
            missed = await missed_between(tx, seat.user_id, client.seen, up_to)
        await self._send(client, missed)
        client.seen = max(client.seen, up_to)

    async def _send(self, client: Client, missed: Missed) -> None:
        if missed.notifications is None:
            client.offer(frames.reset())
        for found in missed.notifications or ():
            await client.offer_when_room(frames.notification(found))
            metrics.PUSHED.labels("replay").inc()
        client.cursor = max(client.cursor, missed.newest)


def _context(seat: Seat) -> Context:
    """Row-level security shows this reader's rows of this organization."""
    return Context(actor=seat.caller.actor, org_id=seat.org_id, user_id=seat.user_id)
