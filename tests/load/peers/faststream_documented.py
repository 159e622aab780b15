"""FastStream as its documentation writes it: publish after the write, one message a handler, one transaction each.

`faststream_documented.py write|consume`. It loses events when the process dies between the commit and the publish.
"""

import sys

import uvloop
from faststream import FastStream
from faststream.rabbit import RabbitBroker, RabbitQueue
from uuid_utils.compat import uuid7

from tests.load.orders import carry_out_orders
from tests.load.peers.people import INSERT_MEMBERS, ORGANIZATION, MemberJoined, bus_url, connect, joined, keep


async def write_all() -> None:
    pool = await connect("producer")
    async with RabbitBroker(bus_url()) as broker:
        await broker.declare_queue(RabbitQueue("members"))  # what comes before the consumer has done so is lost

        async def write(run: int, events: int) -> None:
            ids = [uuid7() for _ in range(events)]
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute(INSERT_MEMBERS, ids, ORGANIZATION, run)
            for member_id in ids:
                await broker.publish(joined(member_id), "members")

        await carry_out_orders(write)


async def consume() -> None:
    pool = await connect("consumer")
    broker = RabbitBroker(bus_url())

    @broker.subscriber("members")
    async def member_joined(event: MemberJoined) -> None:
        async with pool.acquire() as connection, connection.transaction():
            await keep(connection, [event])

    await FastStream(broker).run()


if __name__ == "__main__":
    uvloop.run({"write": write_all, "consume": consume}[sys.argv[1]]())
