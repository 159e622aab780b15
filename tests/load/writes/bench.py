"""Writes: a business row and the outbox row that tells of it, committed together under row-level security."""

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version

import orjson

from local_stack.places import ROOT
from tests.load import machine
from tests.load.events.contestants import NODE, PEERS
from tests.load.figures import rounded, table
from tests.load.options import Options
from tests.load.stand import private_stand
from tests.load.turns import median, take_turns
from tests.load.writes.contestants import OTHERS, OURS, Contestant
from tests.load.writes.turn import CLIENTS, Sizes, Turn, take_turn

Results = Mapping[str, Sequence[Turn]]


def measure(rounds: int, sizes: Sizes, contestants: Sequence[Contestant] = (OURS, *OTHERS)) -> Results:
    """Let all take turns, `rounds` times."""
    with private_stand() as stand:
        return take_turns(rounds, contestants, lambda contestant: take_turn(stand, contestant, sizes), _in_a_line)


def _in_a_line(turn: Turn) -> str:
    waits = f"p50/p99 {turn.p50:.2f}/{turn.p99:.2f} ms"
    cpu = f"CPU a write {turn.program_cpu:.0f} µs program, {turn.postgres_cpu:.0f} µs Postgres"
    return f"{turn.per_second:,.0f}/s, {waits}, {cpu}, load {turn.load:.1f}"


def section(results: Results, sizes: Sizes, command: str, day: str) -> str:
    """This bench's part of docs/benchmarks.md."""
    loads = [turn.load for turns in results.values() for turn in turns]
    return f"""
## Writes

{day}, `{command}`: medians over {len(results[OURS.name])} rounds in which all took turns. A write is a transaction
under the role of the HTTP door: it says for which organization it works, inserts a member, inserts the event that tells
of it (CloudEvents, about a kilobyte) into the outbox, and commits. HTTP has no part in it. {CLIENTS} clients in one
process, a pool of {CLIENTS} connections, {sizes.writes:,} writes.

{figures(results)}

Ratio: how many times as many writes ours commits. Times are of one transaction, from before the connection is taken
from the pool until it is back. CPU: for a thousand writes. Ours also wakes the relay of another process (NOTIFY,
outside the transaction); the peers wake nobody. Node pg prepares its statements; "fewest round trips" sends BEGIN and
the organization together, as ours does. TypeORM saves an entity, which first looks whether it is there. pgbench sends
always the same: what Postgres gives when the program costs next to nothing.

Machine: {machine.describe()}. Program and Postgres share it; the load average before the turns was {min(loads):.1f} to
{max(loads):.1f} (it contains the turn before, and whatever else ran). Postgres runs with fsync. {_versions()}
"""


def figures(results: Results) -> str:
    """The table: a row a contestant, medians over its turns."""
    head = ["", "writes/s", "ratio", "p50 / p99 (ms)", "CPU program (ms)", "CPU Postgres (ms)"]
    ours = median(results[OURS.name], lambda turn: turn.per_second)
    return table(head, [_row(name, turns, ours) for name, turns in results.items()])


def _row(name: str, turns: Sequence[Turn], ours: float) -> list[str]:
    def of(which: Callable[[Turn], float]) -> str:
        return rounded(median(turns, which))

    ratio = f"{ours / median(turns, lambda turn: turn.per_second):.2f}"
    waits = f"{of(lambda turn: turn.p50)} / {of(lambda turn: turn.p99)}"
    cpu = [of(lambda turn: turn.program_cpu), of(lambda turn: turn.postgres_cpu)]
    return [name, of(lambda turn: turn.per_second), ratio, waits, *cpu]


def _versions() -> str:
    from local_stack.postgres import binary

    own = ", ".join(f"{name} {version(name)}" for name in ("asyncpg", "uvloop"))
    node = ", ".join(f"{name} {_installed(name)}" for name in ("pg", "typeorm"))
    python = machine.version_of(OURS.writer[0], "-V")
    postgres, node_js = machine.version_of(binary("postgres"), "--version"), machine.version_of(NODE, "-v")
    return f"{postgres}, {python}, {own}, {node} on Node.js {node_js}."


def _installed(package: str) -> str:
    return str(orjson.loads((PEERS / "node_modules" / package / "package.json").read_bytes())["version"])


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
    """As many for each client: so pgbench counts."""
    return Sizes(writes=max(1, options.events // CLIENTS) * CLIENTS)
