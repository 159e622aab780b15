"""One contestant's turn: fresh databases and a fresh vhost, a warm-up, as fast as it can, then at two rates.

Start and end of each event are read from Postgres: `written_at` of the producer's row, and the commit time of the
consumer's row. So nobody measures himself, and all are measured by one clock.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

import psycopg
import redis

from chassis.topology import Topology, apply
from local_stack.service_databases import ServiceDatabase
from tests.load.events.contestants import Contestant
from tests.load.events.services import CONSUMER, PRODUCER, REACTIONS
from tests.load.figures import percentile
from tests.load.machine import cpu_seconds, load
from tests.load.orders import Order
from tests.load.programs import Running, Writer, start, start_writer
from tests.load.stand import Stand

MIGRATIONS = Path(__file__).parent / "migrations"
PACED_TRANSACTIONS = 200
"""A second; a rate of 2,000 events a second is ten to a transaction."""
FLOOD_EVENTS = 20
"""To a transaction, when it goes as fast as it can."""
LOOK_SECONDS = 0.05
PATIENCE_SECONDS = 300


@dataclass(frozen=True)
class Sizes:
    """How much of each; a test asks for little."""

    warm_up: int = 500
    flood: int = 20_000
    paced_seconds: float = 5.0
    rates: Sequence[int] = (200, 2_000)


@dataclass(frozen=True)
class Turn:
    """What a turn showed. Latencies in ms by rate, processor time in seconds for the flood, `load` before it."""

    events_per_second: float
    programs_cpu: float
    servers_cpu: float
    p50: dict[int, float]
    p99: dict[int, float]
    load: float


@dataclass
class _Track:
    """A contestant at its place."""

    stand: Stand
    producer: ServiceDatabase
    consumer: ServiceDatabase
    writer: Writer
    workers: Sequence[Running]
    given: int = 0

    def run(self, order: Order) -> list[tuple[datetime, datetime]]:
        """Carry out an order; (written, in effect) of each of its events once all are."""
        self.given += order.transactions * order.events
        self.writer.give(order)
        self.writer.wait()
        self._wait_for_effects()
        return self._instants(order.run)

    def _wait_for_effects(self) -> None:
        deadline = monotonic() + PATIENCE_SECONDS
        with psycopg.connect(self.consumer.admin_url, autocommit=True) as connection:
            while (seen := _value(connection, "SELECT count(*) FROM consumer.people")) < self.given:
                for running in (self.writer, *self.workers):
                    running.check()
                if monotonic() > deadline:
                    raise AssertionError(f"{seen} of {self.given} events took effect in {PATIENCE_SECONDS} s")
                sleep(LOOK_SECONDS)

    def _instants(self, run: int) -> list[tuple[datetime, datetime]]:
        written = _pairs(self.producer, "SELECT member_id, written_at FROM producer.members WHERE run = %s", run)
        effective = _pairs(self.consumer, "SELECT member_id, pg_xact_commit_timestamp(xmin) FROM consumer.people")
        return [(instant, effective[member_id]) for member_id, instant in written.items()]

    def programs_cpu(self) -> float:
        return cpu_seconds([self.writer.pid, *(worker.pid for worker in self.workers)])

    def servers_cpu(self) -> float:
        return cpu_seconds(self.stand.server_pids)


def _value(connection: "psycopg.Connection[Any]", sql: str) -> int:
    row = connection.execute(sql).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return int(row[0])


def _pairs(database: ServiceDatabase, sql: str, *arguments: object) -> dict[Any, datetime]:
    with psycopg.connect(database.admin_url) as connection:
        return dict(connection.execute(sql, arguments).fetchall())  # type: ignore[arg-type]


def take_turn(stand: Stand, contestant: Contestant, sizes: Sizes) -> Turn:
    """Raises AssertionError if a program ends or an event does not arrive."""
    before = load()
    with _track(stand, contestant) as track:
        track.run(_flat_out(0, sizes.warm_up))
        programs, servers = track.programs_cpu(), track.servers_cpu()
        flood = track.run(_flat_out(1, sizes.flood))
        programs, servers = track.programs_cpu() - programs, track.servers_cpu() - servers
        seconds = (max(end for _, end in flood) - min(begin for begin, _ in flood)).total_seconds()
        waits = {
            rate: [(end - begin).total_seconds() * 1000 for begin, end in track.run(_paced(number, rate, sizes))]
            for number, rate in enumerate(sizes.rates, start=2)
        }
    p50, p99 = ({rate: percentile(each, share) for rate, each in waits.items()} for share in (0.5, 0.99))
    return Turn(len(flood) / seconds, programs, servers, p50, p99, before)


def _flat_out(run: int, events: int) -> Order:
    return Order(run, max(1, events // FLOOD_EVENTS), FLOOD_EVENTS)


def _paced(run: int, rate: int, sizes: Sizes) -> Order:
    transactions = max(1, int(sizes.paced_seconds * PACED_TRANSACTIONS))
    return Order(run, transactions, max(1, rate // PACED_TRANSACTIONS), PACED_TRANSACTIONS)


@contextmanager
def _track(stand: Stand, contestant: Contestant) -> Iterator[_Track]:
    with ExitStack() as stack:
        producer, consumer = (_database(stand, name, stack) for name in (PRODUCER, CONSUMER))
        environment = _settings(stand, producer, consumer, _vhost(stand, stack))
        workers = []
        for number, command in enumerate(contestant.workers):
            own = environment | _doors((producer, consumer)[number % 2])
            workers.append(start(stand.directory, f"worker-{number}", command, own))
            stack.callback(workers[-1].stop)
        writer = start_writer(stand.directory, contestant.writer, environment | _doors(producer))
        stack.callback(writer.stop)
        yield _Track(stand, producer, consumer, writer, workers)


def _database(stand: Stand, name: str, stack: ExitStack) -> ServiceDatabase:
    database = stand.databases.create(name, MIGRATIONS / name)
    stack.callback(stand.databases.drop, database)
    return database


def _vhost(stand: Stand, stack: ExitStack) -> str:
    """The topology is there before anybody starts, and Redis is empty."""
    name = f"bench-{uuid4().hex[:12]}"
    url = stand.engines.rabbitmq.create_vhost(name)
    stack.callback(stand.engines.rabbitmq.delete_vhost, name)
    for service, reactions in REACTIONS.items():
        asyncio.run(
            apply(
                Topology.of(service, reactions),
                bus_url=url,
                management_url=stand.engines.rabbitmq_management_url,
            )
        )
    with redis.Redis.from_url(stand.engines.redis_url) as connection:
        connection.flushall()
    return url


def _settings(stand: Stand, producer: ServiceDatabase, consumer: ServiceDatabase, bus_url: str) -> dict[str, str]:
    return {
        "RABBITMQ_URL": bus_url,
        "RABBITMQ_MANAGEMENT_URL": stand.engines.rabbitmq_management_url,
        "REDIS_URL": stand.engines.redis_url,
        "PRODUCER_URL": producer.worker_url,
        "CONSUMER_URL": consumer.worker_url,
        "LOG_LEVEL": "warning",
    }


def _doors(database: ServiceDatabase) -> dict[str, str]:
    return {"DATABASE_API_URL": database.api_url, "DATABASE_WORKER_URL": database.worker_url}
