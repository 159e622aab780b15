"""One contestant's turn: a fresh database, a warm-up, then as many writes as asked for by clients of one process."""

from dataclasses import dataclass

import psycopg

from local_stack.service_databases import ServiceDatabase
from tests.load.events.services import PRODUCER
from tests.load.events.turn import MIGRATIONS
from tests.load.machine import cpu_seconds, load
from tests.load.orders import CONNECTIONS, Order
from tests.load.programs import start_writer
from tests.load.stand import Stand
from tests.load.writes.contestants import Contestant

CLIENTS = CONNECTIONS
"""As many as the pool has connections: a write waits for Postgres and its own program, not for its turn."""


@dataclass(frozen=True)
class Sizes:
    """How many writes; a test asks for few."""

    warm_up: int = 2_000
    writes: int = 20_000


@dataclass(frozen=True)
class Turn:
    """What a turn showed. Latencies in ms, processor time in µs a write, `load` before it."""

    per_second: float
    p50: float
    p99: float
    program_cpu: float
    postgres_cpu: float
    load: float


def take_turn(stand: Stand, contestant: Contestant, sizes: Sizes) -> Turn:
    """Raises AssertionError if the program ends or a write is missing."""
    before = load()
    database = stand.databases.create(PRODUCER, MIGRATIONS / PRODUCER)
    try:
        writer = start_writer(stand.directory, contestant.writer, {"DATABASE_API_URL": database.api_url})
        try:
            writer.give(Order(0, sizes.warm_up, 1, writers=CLIENTS))
            writer.wait()
            program, postgres = cpu_seconds([writer.pid]), cpu_seconds(stand.postgres_pids)
            writer.give(Order(1, sizes.writes, 1, writers=CLIENTS))
            seconds, p50, p99 = writer.wait()
            program, postgres = cpu_seconds([writer.pid]) - program, cpu_seconds(stand.postgres_pids) - postgres
        finally:
            writer.stop()
        _verify(database, sizes)
    finally:
        stand.databases.drop(database)
    each = 1e6 / sizes.writes
    return Turn(sizes.writes / seconds, p50, p99, program * each, postgres * each, before)


def _verify(database: ServiceDatabase, sizes: Sizes) -> None:
    """Each write left its row, and its event beside it."""
    with psycopg.connect(database.admin_url) as connection:
        for table in ("members", "outbox"):
            row = connection.execute(f"SELECT count(*) FROM producer.{table}").fetchone()  # type: ignore[call-overload]
            assert row == (sizes.warm_up + sizes.writes,), (table, row)
