"""The bench program works, on tiny counts, of our side and pgbench: the other peers need packages of their own."""

from pathlib import Path

import psycopg
import pytest

from contracts.envelope import Envelope
from tests.load.events.services import PRODUCER
from tests.load.events.turn import MIGRATIONS
from tests.load.orders import Order
from tests.load.programs import start_writer
from tests.load.stand import Stand
from tests.load.writes import bench
from tests.load.writes.contestants import OTHERS, OURS, Contestant
from tests.load.writes.turn import Sizes, Turn, take_turn

PGBENCH = OTHERS[-1]


@pytest.mark.parametrize("contestant", [OURS, PGBENCH], ids=lambda contestant: contestant.name)
def test_a_turn_measures_writes_that_are_there(engines, tmp_path: Path, contestant: Contestant) -> None:
    turn = take_turn(Stand(engines, tmp_path), contestant, Sizes(warm_up=16, writes=80))
    assert turn.per_second > 0
    assert turn.program_cpu > 0
    assert 0 < turn.p50 <= turn.p99


def test_a_write_of_ours_is_a_row_and_its_event(engines, tmp_path: Path) -> None:
    stand = Stand(engines, tmp_path)
    database = stand.databases.create(PRODUCER, MIGRATIONS / PRODUCER)
    writer = start_writer(tmp_path, OURS.writer, {"DATABASE_API_URL": database.api_url})
    try:
        writer.give(Order(run=7, transactions=1, events=1))
        writer.wait()
    finally:
        writer.stop()
    with psycopg.connect(database.admin_url) as connection:
        member = connection.execute("SELECT member_id, org_id, run FROM producer.members").fetchone()
        stated = connection.execute("SELECT body, org_id FROM producer.outbox").fetchone()
    stand.databases.drop(database)
    assert member is not None
    assert stated is not None
    envelope = Envelope.model_validate_json(stated[0])
    assert (envelope.subject, envelope.orgid, 7) == (str(member[0]), member[1], member[2])
    assert stated[1] == member[1]


def test_the_table_holds_medians_and_the_ratio() -> None:
    def turn(speed: float) -> Turn:
        return Turn(speed, 2.0, 9.0, 150.0, 250.0, 0.5)

    results = {OURS.name: [turn(900), turn(3000), turn(1000)], "peer": [turn(100), turn(200), turn(5000)]}
    rows = bench.figures(results).splitlines()
    assert rows[2] == "| ours | 1,000 | 1.00 | 2.00 / 9.00 | 150 | 250 |"
    assert rows[3] == "| peer | 200 | 5.00 | 2.00 / 9.00 | 150 | 250 |"
