"""The gateway: a request that is authenticated, limited and forwarded, in one process; beside Node and nginx."""

import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.error import URLError
from urllib.request import Request, urlopen

from local_stack.places import ROOT
from local_stack.ports import free_port
from tests.load import machine
from tests.load.events.contestants import NODE
from tests.load.figures import rounded, table
from tests.load.gateway.contestants import OTHERS, OURS, Contestant
from tests.load.gateway.surroundings import TARGET, Surroundings, available, surroundings
from tests.load.options import Options
from tests.load.programs import Running
from tests.load.stand import private_stand
from tests.load.turns import median, take_turns

SECONDS = 8
STRETCHES, STRETCH_SECONDS = 3, 4
"""Of half load, in turn with the service alone, of which the medians count: another's burst spoils one of them."""
CONNECTIONS = 64
START_SECONDS = 30
_SCALE = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True)
class Turn:
    """One contestant's turn. Times are milliseconds; `cpu` is of its processes, for a thousand requests flat out;
    `paced_refused` of a thousand. `bare` is the service alone, asked at the same rate.
    """

    per_second: float
    p50: float
    p99: float
    paced_p50: float
    paced_p99: float
    paced_refused: float
    bare_p50: float
    bare_p99: float
    cpu: float
    load: float


Results = dict[str, list[Turn]]


def measure(rounds: int, contestants: Sequence[Contestant] = (OURS, *OTHERS)) -> Results:
    """Let all take turns, `rounds` times, each on a core of its own: what shares it counts as the contestant's wait."""
    one, every = machine.first_core(), os.sched_getaffinity(0)
    with machine.on(machine.other_cores()), private_stand() as stand, surroundings(stand) as around:

        def turn(contestant: Contestant) -> Turn:
            return take_turn(around, contestant, one if contestant.alone else every)

        return take_turns(rounds, contestants, turn, str)


def take_turn(around: Surroundings, contestant: Contestant, cores: set[int]) -> Turn:
    """Flat out, then, of those that check, at half of what it did: beyond them the load itself has no room left."""
    load = machine.load()
    port = around.service_port if contestant.start is None else free_port()
    with machine.on(cores):
        running = contestant.start(around, port) if contestant.start else None
    try:
        token = around.token()
        _until_answering(port, token, running)
        _flat_out(port, token, 2)
        before = machine.cpu_seconds([running.pid]) if running else 0.0
        per_second, p50, p99 = _flat_out(port, token, SECONDS)
        used = (machine.cpu_seconds([running.pid]) if running else 0.0) - before
        paced, bare = (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)
        if contestant.checks:
            paced, bare = _in_turn((port, around.service_port), token, per_second / 2)
        cpu = used * 1e6 / (per_second * SECONDS)
        return Turn(per_second, p50, p99, *paced, *bare[:2], cpu, load)
    finally:
        if running:
            running.stop()


def _until_answering(port: int, token: str, running: Running | None) -> None:
    end = time.monotonic() + START_SECONDS
    request = Request(f"http://127.0.0.1:{port}{TARGET}", headers={"Authorization": f"Bearer {token}"})
    while True:
        try:
            with urlopen(request, timeout=2):
                return
        except (URLError, OSError):
            if running:
                running.check()
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def _flat_out(port: int, token: str, seconds: int) -> tuple[float, float, float]:
    """Answers a second, p50 and p99 in milliseconds. Raises AssertionError when one was no 200."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", "--latency", "-H", f"Authorization: Bearer {token}"]
    said = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{TARGET}"], capture_output=True, text=True, check=True
    ).stdout
    assert "Non-2xx" not in said, said
    assert not re.search(r"Socket errors: connect [1-9]|read [1-9]|write [1-9]", said), said
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert found, said
    return float(found[1]), _percentile(said, 50), _percentile(said, 99)


def _percentile(said: str, share: int) -> float:
    found = re.search(rf"{share}%\s+([\d.]+)(us|ms|s)", said)
    assert found, said
    return float(found[1]) * _SCALE[found[2]]


def _in_turn(ports: Sequence[int], token: str, rate: float) -> list[tuple[float, float, float]]:
    """Of each: the medians of its stretches' p50 and p99, and the most that was refused of a thousand."""
    stretches = [[_at(port, token, rate) for port in ports] for _ in range(STRETCHES)]
    return [_middle(*zip(*of_one, strict=True)) for of_one in zip(*stretches, strict=True)]


def _middle(p50: Sequence[float], p99: Sequence[float], refused: Sequence[float]) -> tuple[float, float, float]:
    return statistics.median(p50), statistics.median(p99), max(refused)


def _at(port: int, token: str, rate: float) -> tuple[float, float, float]:
    command = [sys.executable, "-m", "tests.load.gateway.paced", f"127.0.0.1:{port}", TARGET, token]
    said = subprocess.run(
        [*command, str(int(rate)), str(STRETCH_SECONDS)], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    p50, p99, refused = map(float, said.split())
    return p50, p99, refused


def section(results: Results, command: str, day: str) -> str:
    """This bench's part of docs/benchmarks.md."""
    loads = [turn.load for turns in results.values() for turn in turns]
    rounds = len(results[OURS.name])
    return f"""
## Gateway

{day}, `{command}`: {rounds} rounds in which all took turns, medians. A list of about a kilobyte is asked for with a
token; the first four verify it (EdDSA, remembered until it expires), count it on two limits in Redis by the same
script, and pass headers by an allow-list. Each is one process with a core of its own; load, service and Redis share the
other. "2 workers" (`HTTP_WORKERS=2`) gain what these leave of both. `wrk`, {CONNECTIONS} connections, {SECONDS} s.

{figures(results)}

Ratio: how many times as many requests ours answers. Half load is half of what each did itself, asked at that rate
whether or not earlier answers have come, in {STRETCHES} stretches of {STRETCH_SECONDS} s, in turn with the service
alone (medians of the stretches); added is what of it is more than the service alone takes at that rate.
CPU: of its processes, for a thousand requests flat out.

Machine: {machine.describe()}. The load average before the turns was {min(loads):.1f} to
{max(loads):.1f} (it contains the turn before, and whatever else ran).
{machine.python()}, Node.js {machine.version_of(NODE, "-v")}.
"""


def figures(results: Results) -> str:
    """The table: a row a contestant, medians over its turns."""
    ours = median(results[OURS.name], lambda turn: turn.per_second)
    head = ["", "requests/s", "ratio", "p50 / p99 full (ms)", "p50 / p99 half (ms)", "added (ms)", "CPU (ms)"]
    return table(head, [_row(name, turns, ours) for name, turns in results.items()])


def _row(name: str, turns: Sequence[Turn], ours: float) -> list[str]:
    speed = median(turns, lambda turn: turn.per_second)
    full = f"{rounded(median(turns, lambda turn: turn.p50))} / {rounded(median(turns, lambda turn: turn.p99))}"
    cpu = median(turns, lambda turn: turn.cpu)
    return [name, rounded(speed), f"{ours / speed:.2f}", full, *_at_half_load(turns), rounded(cpu) if cpu else "-"]


def _at_half_load(turns: Sequence[Turn]) -> list[str]:
    """What an answer takes, and what of that comes on top of the service."""
    p50, p99 = median(turns, lambda turn: turn.paced_p50), median(turns, lambda turn: turn.paced_p99)
    if not p99:
        return ["-", "-"]
    half = f"{rounded(p50)} / {rounded(p99)}"
    if refused := median(turns, lambda turn: turn.paced_refused):
        half += f", {rounded(refused)} ‰ refused"
    more_p50 = median(turns, lambda turn: turn.paced_p50 - turn.bare_p50)
    more_p99 = median(turns, lambda turn: turn.paced_p99 - turn.bare_p99)
    return [half, f"{more_p50:.2f} / {more_p99:.2f}"]


def prepare() -> None:
    """Install what the peers stand on. Raises AssertionError without nginx and wrk."""
    from tests.load.peers.installed import install

    available()
    install(ROOT)


def run(options: Options, command: str, day: str) -> str:
    """Measure all and return the section."""
    return section(measure(options.rounds), command, day)


def measure_ours(options: Options) -> None:
    """Ours alone, said line by line."""
    measure(options.rounds, (OURS,))
