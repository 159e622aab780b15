"""FastStream with an outbox, a relay and a batching consumer of our own making, with the same SQL as our side's.

`faststream_batched.py write|relay|consume`. What a careful team would write on FastStream; without bisecting, retries,
dead letters, mandatory routing or a lease for the relay.
"""

import asyncio
import sys

import uvloop
from faststream import FastStream
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitQueue
from uuid_utils.compat import uuid7

from tests.load.orders import carry_out_orders
from tests.load.peers.people import INSERT_MEMBERS, ORGANIZATION, MemberJoined, bus_url, connect, joined, keep

QUEUE = RabbitQueue("members", queue_type=QueueType.QUORUM, durable=True)
CLAIM = "SELECT position, created_at, body FROM outbox WHERE published_at IS NULL ORDER BY position LIMIT 500"
MARK = """
UPDATE outbox SET published_at = clock_timestamp()
WHERE position = ANY($1::bigint[]) AND created_at BETWEEN $2 AND $3
"""
STATE = """
INSERT INTO outbox (event_id, exchange, routing_key, type, content_type, org_id, headers, body, purge)
SELECT id, '', 'members', 'member.joined', 'application/json', $2, '{}', body, false
FROM unnest($1::uuid[], $3::bytea[]) AS stated (id, body)
"""
POLL_SECONDS = 0.005
BATCH = 200


async def write_all() -> None:
    pool = await connect("producer")

    async def write(run: int, events: int) -> None:
        ids = [uuid7() for _ in range(events)]
        stated = [joined(member_id) for member_id in ids]
        bodies = [event.model_dump_json().encode() for event in stated]
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(INSERT_MEMBERS, ids, ORGANIZATION, run)
            await connection.execute(STATE, [event.event_id for event in stated], ORGANIZATION, bodies)

    await carry_out_orders(write)


async def relay() -> None:
    pool = await connect("producer")
    async with RabbitBroker(bus_url()) as broker, pool.acquire() as connection:
        await broker.declare_queue(QUEUE)
        while True:
            rows = await connection.fetch(CLAIM)
            if not rows:
                await asyncio.sleep(POLL_SECONDS)
                continue
            publishes = (
                broker.publish(row["body"], QUEUE, persist=True, content_type="application/json") for row in rows
            )
            await asyncio.gather(*publishes)
            instants = [row["created_at"] for row in rows]
            await connection.execute(MARK, [row["position"] for row in rows], min(instants), max(instants))


class Batches:
    """Handlers wait here until the batch that their message is in has committed; FastStream then acknowledges."""

    def __init__(self, pool) -> None:
        self._pool = pool
        self._waiting: list[tuple[MemberJoined, asyncio.Future[None]]] = []
        self._arrived = asyncio.Event()

    async def add(self, event: MemberJoined) -> None:
        committed = asyncio.get_running_loop().create_future()
        self._waiting.append((event, committed))
        self._arrived.set()
        await committed

    async def run(self) -> None:
        while True:
            await self._arrived.wait()
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            if not self._waiting:
                self._arrived.clear()
            async with self._pool.acquire() as connection, connection.transaction():
                await keep(connection, [event for event, _ in batch])
            for _, committed in batch:
                committed.set_result(None)


async def consume() -> None:
    batches = Batches(await connect("consumer"))
    broker = RabbitBroker(bus_url(), default_channel=Channel(prefetch_count=2 * BATCH))

    @broker.subscriber(QUEUE)
    async def member_joined(event: MemberJoined) -> None:
        await batches.add(event)

    running = asyncio.create_task(batches.run())
    await FastStream(broker).run()
    running.cancel()


if __name__ == "__main__":
    uvloop.run({"write": write_all, "relay": relay, "consume": consume}[sys.argv[1]]())
