"""The bench program works: its load asks at a rate and counts refusals, its table holds medians and the ratio."""

import asyncio
import os
import subprocess
import sys
from itertools import count

from local_stack.places import ROOT
from tests.load import machine
from tests.load.gateway import bench
from tests.load.gateway.bench import Full, Half, Turn
from tests.load.gateway.contestants import OURS


async def test_the_load_asks_at_its_rate_and_counts_who_was_refused() -> None:
    numbers = count(1)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (await reader.read(65_536)).startswith(b"GET /target HTTP/1.1\r\n"):
            status = b"503 Busy" if next(numbers) % 4 == 0 else b"200 OK"
            writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\nok")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    command = ["-m", "tests.load.gateway.paced", f"127.0.0.1:{port}", "/target", "token", "100", "3"]
    async with server:
        load = await asyncio.create_subprocess_exec(sys.executable, *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
        said, _ = await load.communicate()
    p50, p99, refused = map(float, said.split())
    assert 0 < p50 <= p99
    asked = next(numbers) - 1
    assert 0 < asked <= 300  # none before it is due
    assert 0 < refused < 1000


def test_what_is_started_on_a_core_stays_there_and_all_else_on_the_others() -> None:
    every, asked = os.sched_getaffinity(0), "import os; print(*os.sched_getaffinity(0))"

    def started() -> set[int]:
        said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
        return set(map(int, said.split()))

    first, others = machine.first_core(), machine.other_cores()
    with machine.on(others):
        with machine.on(first):
            assert started() == first
        assert started() == others
    assert os.sched_getaffinity(0) == every == first | others


def test_the_table_holds_medians_the_ratio_and_how_far_the_stretches_lie_apart() -> None:
    def turn(*speeds: float, refused: float = 0.0) -> Turn:
        full = [Full(speed, 2.0, 9.0, 100.0) for speed in speeds]
        half = [Half(0.5, 2.5 + number, refused, 0.25, 1.5) for number in range(len(speeds))]
        return Turn(full, half, 0.5)

    results = {
        OURS.name: [turn(900, 3000, 1000), turn(990, 1010)],
        "peer": [turn(400), turn(500, 5000, refused=3.0)],
        "the service": [Turn([Full(9000.0, 1.0, 2.0, 0.0)], [], 0.5)],
    }
    rows = bench.figures(results).splitlines()
    assert rows[2] == "| ours | 1,000 | 1.00 | 2.00 / 9.00 | 0.50 / 3.50 | 0.25 / 2.00 (1.0 to 2.0) | 100 |"
    peer = "| peer | 500 | 2.00 | 2.00 / 9.00 | 0.50 / 2.50, 3.00 ‰ refused | 0.25 / 1.00 (1.0 to 2.0) | 100 |"
    assert rows[3] == peer
    assert rows[4] == "| the service | 9,000 | 0.11 | 1.00 / 2.00 | - | - | - |"
