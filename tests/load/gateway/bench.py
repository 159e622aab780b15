"""The gateway: a request that is authenticated, limited and forwarded, in one process; beside Node and nginx."""

import os
import re
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
from tests.load.figures import middle, percentile, rounded, table
from tests.load.gateway.contestants import OTHERS, OURS, Contestant
from tests.load.gateway.surroundings import TARGET, Surroundings, available, surroundings
from tests.load.options import Options
from tests.load.programs import Running
from tests.load.stand import private_stand
from tests.load.turns import take_turns

STRETCHES = 5
"""Of a turn: flat out, then at half of that, then the service alone. What slows the machine for a while slows all of a
stretch, or spoils one of them; medians count.
"""
FULL_SECONDS, HALF_SECONDS = 3, 4
CONNECTIONS = 64
START_SECONDS = 30
_SCALE = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True)
class Full:
    """Flat out. Times are milliseconds; `cpu` is of the contestant's processes, for a thousand requests."""

    per_second: float
    p50: float
    p99: float
    cpu: float


@dataclass(frozen=True)
class Half:
    """At half of that. Times are milliseconds; `refused` of a thousand; `bare` is the service alone at this rate."""

    p50: float
    p99: float
    refused: float
    bare_p50: float
    bare_p99: float


@dataclass(frozen=True)
class Turn:
    """One contestant's turn, stretch by stretch; `load` is the machine's before it."""

    full: Sequence[Full]
    half: Sequence[Half]
    load: float

    def __str__(self) -> str:
        speeds = " ".join([f"{one.per_second:,.0f}/s" for one in self.full])
        return speeds + "".join([f", +{one.p50 - one.bare_p50:.2f}/{one.p99 - one.bare_p99:.2f}" for one in self.half])


Results = dict[str, list[Turn]]


def measure(rounds: int, contestants: Sequence[Contestant] = (OURS, *OTHERS)) -> Results:
    """Let all take turns, `rounds` times, each on a core of its own: what shares it counts as the contestant's wait."""
    one, every = machine.first_core(), os.sched_getaffinity(0)
    with machine.on(machine.other_cores()), private_stand() as stand, surroundings(stand) as around:

        def turn(contestant: Contestant) -> Turn:
            return take_turn(around, contestant, one if contestant.alone else every)

        return take_turns(rounds, contestants, turn, str)


def take_turn(around: Surroundings, contestant: Contestant, cores: set[int]) -> Turn:
    """Only those that check are asked at half of what they did: beyond them the load itself has no room left."""
    load = machine.load()
    port = around.service_port if contestant.start is None else free_port()
    with machine.on(cores):
        running = contestant.start(around, port) if contestant.start else None
    try:
        token = around.token()
        _until_answering(port, token, running)
        _flat_out(port, token, 2)
        full: list[Full] = []
        half: list[Half] = []
        for _ in range(STRETCHES):
            full.append(_full(port, token, running))
            if contestant.checks:
                half.append(_half(port, around.service_port, token, full[-1].per_second / 2))
        return Turn(full, half, load)
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


def _full(port: int, token: str, running: Running | None) -> Full:
    before = machine.cpu_seconds([running.pid]) if running else 0.0
    per_second, p50, p99 = _flat_out(port, token, FULL_SECONDS)
    used = (machine.cpu_seconds([running.pid]) if running else 0.0) - before
    return Full(per_second, p50, p99, used * 1e6 / (per_second * FULL_SECONDS))


def _half(port: int, service_port: int, token: str, rate: float) -> Half:
    p50, p99, refused = _at(port, token, rate)
    bare_p50, bare_p99, _ = _at(service_port, token, rate)
    return Half(p50, p99, refused, bare_p50, bare_p99)


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


def _at(port: int, token: str, rate: float) -> tuple[float, float, float]:
    command = [sys.executable, "-m", "tests.load.gateway.paced", f"127.0.0.1:{port}", TARGET, token]
    said = subprocess.run(
        [*command, str(int(rate)), str(HALF_SECONDS)], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    p50, p99, refused = map(float, said.split())
    return p50, p99, refused


def section(results: Results, command: str, day: str) -> str:
    """This bench's part of docs/benchmarks.md."""
    loads = [turn.load for turns in results.values() for turn in turns]
    rounds = len(results[OURS.name])
    return f"""
## Gateway

{day}, `{command}`: {rounds} rounds in which all took turns. A list of about a kilobyte is asked for with a
token; the first four verify it (EdDSA, remembered until it expires), count it on two limits in Redis by the same
script, and pass headers by an allow-list. Each is one process with a core of its own; load, service and Redis share the
other. "2 workers" (`HTTP_WORKERS=2`) gain what these leave of both.

{figures(results)}

A turn has {STRETCHES} stretches: flat out (`wrk`, {CONNECTIONS} connections, {FULL_SECONDS} s), at half of what that
showed, asked whether or not earlier answers have come ({HALF_SECONDS} s, of which the first warms up), and the service
alone at the same rate. Figures are medians of {STRETCHES * rounds} stretches. Ratio: how many times as many requests
ours answers. Added: what is more than the service alone takes in the same stretch; of its p99 also the middle half of
the stretches (quartiles). CPU: of its processes, for a thousand requests flat out.

Machine: {machine.describe()}. The load average before the turns was {min(loads):.1f} to
{max(loads):.1f} (it contains the turn before, and whatever else ran).
{machine.python()}, Node.js {machine.version_of(NODE, "-v")}.
"""


def figures(results: Results) -> str:
    """The table: a row a contestant, medians over its stretches."""
    stretches = {name: _stretches(turns) for name, turns in results.items()}
    ours = _speed(stretches[OURS.name][0])
    head = ["", "requests/s", "ratio", "p50 / p99 full (ms)", "p50 / p99 half (ms)", "added (ms)", "CPU (ms)"]
    return table(head, [_row(name, ours, full, half) for name, (full, half) in stretches.items()])


def _stretches(turns: Sequence[Turn]) -> tuple[list[Full], list[Half]]:
    return [one for turn in turns for one in turn.full], [one for turn in turns for one in turn.half]


def _speed(full: Sequence[Full]) -> float:
    return middle([one.per_second for one in full])


def _row(name: str, ours: float, full: Sequence[Full], half: Sequence[Half]) -> list[str]:
    speed, cpu = _speed(full), middle([one.cpu for one in full])
    waits = _pair([one.p50 for one in full], [one.p99 for one in full])
    return [name, rounded(speed), f"{ours / speed:.2f}", waits, *_at_half_load(half), rounded(cpu) if cpu else "-"]


def _at_half_load(half: Sequence[Half]) -> list[str]:
    """What an answer takes, and what of that comes on top of the service."""
    if not half:
        return ["-", "-"]
    waits = _pair([one.p50 for one in half], [one.p99 for one in half])
    if refused := middle([one.refused for one in half]):
        waits += f", {rounded(refused)} ‰ refused"
    late = [one.p99 - one.bare_p99 for one in half]
    spread = " to ".join([f"{percentile(late, share):.1f}" for share in (0.25, 0.75)])
    return [waits, f"{_pair([one.p50 - one.bare_p50 for one in half], late)} ({spread})"]


def _pair(p50: Sequence[float], p99: Sequence[float]) -> str:
    return f"{rounded(middle(p50))} / {rounded(middle(p99))}"


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
