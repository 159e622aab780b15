"""Our side: two services on the chassis, `python -m tests.load.events.services producer|consumer work`.

The producer's table and its events are what teams does when people join; the consumer keeps a projection of them by the
batch, as analytics does.
"""

import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack

from aiohttp import web

from chassis.database import Database, Tx
from chassis.delivery import workers
from chassis.inbox import Fact, Reactions, on_many
from chassis.lifecycle import Runnable, Service, main
from chassis.settings import BusSettings, DatabaseSettings, ServiceSettings
from chassis.topology import Topology
from contracts.teams import MemberJoinedV1

PRODUCER, CONSUMER = "producer", "consumer"

_KEEP = """
INSERT INTO people (member_id, org_id, email, role, sequence)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[])
ON CONFLICT (member_id) DO UPDATE
SET email = excluded.email, role = excluded.role, sequence = excluded.sequence
WHERE people.sequence < excluded.sequence
"""


class Settings(ServiceSettings, DatabaseSettings, BusSettings):
    """What any service with a schema and a queue reads."""


async def keep_people(tx: Tx, facts: Sequence[Fact]) -> None:
    """The newest state of each member; each member is once in a batch of this load."""
    rows = [
        (event.membership_id, event.organization_id, event.email, event.role, header.sequence)
        for event, header in facts
        if isinstance(event, MemberJoinedV1)
    ]
    await tx.execute(_KEEP, *(list(column) for column in zip(*rows, strict=True)))


REACTIONS = {PRODUCER: Reactions(), CONSUMER: Reactions(on_many(MemberJoinedV1, keep_people))}


def service(name: str) -> Service:
    """The producer, whose worker relays, or the consumer, whose worker consumes."""

    async def serve(settings: Settings, stack: AsyncExitStack) -> web.Application:
        raise NotImplementedError("the writer stands in for the door")

    async def work(settings: Settings, stack: AsyncExitStack) -> Sequence[Runnable]:
        url = settings.database_worker_url.get_secret_value()
        database = await Database.connect(url, service=name, size=settings.database_pool_size)
        stack.push_async_callback(database.close)
        return workers(database, bus_url=settings.rabbitmq_url.get_secret_value(), reactions=REACTIONS[name])

    return Service(name, Settings, (), serve, work, topology=Topology.of(name, REACTIONS[name]))


if __name__ == "__main__":
    main(service(sys.argv[1]), sys.argv[2:])
