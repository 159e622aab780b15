"""Events: from the producer's row to the effect committed in another service's table, inbox included."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Literal

import orjson

from local_stack.places import ROOT
from tests.load import machine
from tests.load.events.contestants import NODE, OTHERS, OURS, PEERS, PEERS_PYTHON, Contestant
from tests.load.events.turn import FLOOD_EVENTS, PACED_TRANSACTIONS, Sizes, Turn, take_turn
from tests.load.figures import rounded, table
from tests.load.options import Options
from tests.load.stand import private_stand
from tests.load.turns import median, take_turns

Results = Mapping[str, Sequence[Turn]]


def measure(rounds: int, sizes: Sizes, contestants: Sequence[Contestant] = (OURS, *OTHERS)) -> Results:
    """Let all take turns, `rounds` times."""
    with private_stand() as stand:
        return take_turns(rounds, contestants, lambda contestant: take_turn(stand, contestant, sizes), _in_a_line)


def _in_a_line(turn: Turn) -> str:
    waits = ", ".join(f"{turn.p50[rate]:.1f}/{turn.p99[rate]:.1f} ms at {rate}/s" for rate in turn.p50)
    cpu = f"CPU {turn.programs_cpu:.2f} s programs, {turn.servers_cpu:.2f} s servers"
    return f"{turn.events_per_second:,.0f}/s, p50/p99 {waits}, {cpu}, load {turn.load:.1f}"


def section(results: Results, sizes: Sizes, command: str, day: str) -> str:
    """This bench's part of docs/benchmarks.md."""
    ours = results[OURS.name]
    rounds = len(ours)
    loads = [turn.load for turns in results.values() for turn in turns]
    return f"""
## Events

{day}, `{command}`: medians over {rounds} rounds in which all took turns. From the producer's row to the effect
committed in another service's table, inbox included. Both ends are read from Postgres: when the row was written, and
when the transaction with the effect committed (`track_commit_timestamp`).

{figures(results, sizes)}

Ratio: how many times as many events ours takes through. Flat out, {sizes.flood:,} events are written by four writers,
{FLOOD_EVENTS} to a transaction; at a rate, {PACED_TRANSACTIONS} transactions a second start at their time for
{sizes.paced_seconds:.0f} s, whether or not earlier ones have ended. CPU: of all programs of a contestant, the writer
among them, and of Postgres, RabbitMQ and Redis, for a thousand events flat out.

Ours are a writer under row-level security and two workers as in production. Ours and "our batch SQL" write an outbox
row and lose no event; the other two publish after the commit and lose what a dying process had not published.

Machine: {machine.describe()}. The load average before the turns was {min(loads):.1f} to {max(loads):.1f} (it contains
the turn before). Servers run with fsync; Redis with its append-only file. {_versions()}
"""


def figures(results: Results, sizes: Sizes) -> str:
    """The table: a row a contestant, medians over its turns."""
    pace = [f"p50 / p99 at {rate:,}/s (ms)" for rate in sizes.rates]
    head = ["", "events/s", "ratio", *pace, "CPU programs (ms)", "CPU servers (ms)"]
    ours = median(results[OURS.name], lambda turn: turn.events_per_second)
    return table(head, [_row(name, turns, ours, sizes) for name, turns in results.items()])


def _row(name: str, turns: Sequence[Turn], ours: float, sizes: Sizes) -> list[str]:
    speed = median(turns, lambda turn: turn.events_per_second)
    waits = [f"{_wait(turns, 'p50', rate)} / {_wait(turns, 'p99', rate)}" for rate in sizes.rates]
    thousands = sizes.flood / 1000
    cpu = [
        rounded(median(turns, lambda turn: turn.programs_cpu) * 1000 / thousands),
        rounded(median(turns, lambda turn: turn.servers_cpu) * 1000 / thousands),
    ]
    return [name, rounded(speed), f"{ours / speed:.1f}", *waits, *cpu]


def _wait(turns: Sequence[Turn], which: Literal["p50", "p99"], rate: int) -> str:
    return rounded(median(turns, lambda turn: getattr(turn, which)[rate]))


def _versions() -> str:
    peers = machine.version_of(
        PEERS_PYTHON, "-c", "from importlib.metadata import version; print(version('faststream'))"
    )
    bullmq = orjson.loads((PEERS / "node_modules" / "bullmq" / "package.json").read_bytes())["version"]
    from local_stack.postgres import binary

    own = ", ".join(f"{name} {version(name)}" for name in ("aiormq", "asyncpg", "uvloop"))
    return (
        f"{machine.version_of(binary('postgres'), '--version')}, {machine.python()}, "
        f"{own}, FastStream {peers}, BullMQ {bullmq} on Node.js {machine.version_of(NODE, '-v')}."
    )


def prepare() -> None:
    """Install what the peers stand on, as their lock files say."""
    from tests.load.peers.installed import install

    install(ROOT)


def run(options: Options, command: str, day: str) -> str:
    """Measure all and return the section."""
    sizes = _sizes(options)
    return section(measure(options.rounds, sizes), sizes, command, day)


def measure_ours(options: Options) -> None:
    """Ours alone, said line by line."""
    measure(options.rounds, _sizes(options), (OURS,))


def _sizes(options: Options) -> Sizes:
    return Sizes(flood=options.events, paced_seconds=options.seconds)
