"""Revocation: from the commit of the request that takes a right away to the last answer that was served with it."""

import asyncio
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from local_stack.engines import Engines
from tests.integration.hammer import Door, Hammer
from tests.integration.person import Person
from tests.integration.platform import Platform, all_processes, describe
from tests.integration.platform import prepare as prepare_platform
from tests.integration.revoking import ENDINGS, LISTENERS, Hearing, Right, Team
from tests.load import machine
from tests.load.figures import middle, percentile, rounded, table
from tests.load.options import Options
from tests.load.stand import private_stand

WARM, AFTER = 5, 20
"""Requests of each door before the right ends, and after every process knows."""
PLACES = ("gateway", "services", "teams", "socket")


@dataclass(frozen=True)
class Measured:
    """One ending: milliseconds from its commit to the last success, by place; and how many requests were counted."""

    ending: str
    last: Mapping[str, float]
    asked: int


def measure(rounds: int, endings: Sequence[str] = tuple(ENDINGS)) -> list[Measured]:
    """Every ending in turn, `rounds` times."""
    with private_stand() as stand:
        return asyncio.run(_measure(stand.engines, rounds, endings))


async def _measure(engines: Engines, rounds: int, endings: Sequence[str]) -> list[Measured]:
    found = []
    with tempfile.TemporaryDirectory(prefix="bench-platform-") as home:
        async with _running(engines, Path(home)) as platform:
            for number in range(1, rounds + 1):
                for ending in endings:
                    one = await take_turn(platform, ending)
                    found.append(one)
                    times = ", ".join(f"{place} {one.last[place]:.1f} ms" for place in PLACES)
                    print(f"round {number}, {ending}: {times}, {one.asked} requests", flush=True)
    return found


@asynccontextmanager
async def _running(engines: Engines, home: Path) -> AsyncIterator[Platform]:
    stack = describe(engines, home)
    await prepare_platform(stack)
    platform = Platform(stack)
    try:
        await asyncio.to_thread(_start, platform)
        yield platform
    finally:
        await asyncio.to_thread(platform.stop_all)


def _start(platform: Platform) -> None:
    platform.start_mail()
    platform.start_stripe()
    for name in all_processes():
        platform.start(name)


async def take_turn(platform: Platform, ending: str) -> Measured:
    """A new organization, somebody with a right in it who asks everywhere without pause, and the end of that right."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:

        def someone(name: str) -> Person:
            return Person.called(name, http, platform.gateway_url, platform.mail_url)

        owner = await someone("Ada Lovelace").register(organization_name="Analytical Engines")
        right = await ENDINGS[ending](Team(platform, http, owner, someone))
        hearing = Hearing(platform, http, right.kind)
        await hearing.begin()
        async with Hammer(http, right.doors(platform), right.sockets(platform), clients=1) as hammer:
            await hammer.asked(WARM)
            await right.end()
            for process in LISTENERS:
                await hearing.heard(process)
            await hammer.asked(WARM + AFTER)
            await hammer.ended()
        return _measured(ending, hammer, await _committed(platform, right))


async def _committed(platform: Platform, right: Right) -> float:
    """When the request that ended the right was committed, in seconds since 1970, by Postgres' own record."""
    relation, column, value = right.row
    sql = f"SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin)) FROM teams.{relation} WHERE {column} = $1::uuid"
    ((instant,),) = await platform.query(sql, value)
    return float(instant)


def _measured(ending: str, hammer: Hammer, committed: float) -> Measured:
    last: defaultdict[str, float] = defaultdict(float)
    for door, answers in hammer.answers.items():
        served = max(one.answered for one in answers if one.status < 400)
        last[_place(door)] = max(last[_place(door)], served - committed)
    last["socket"] = max(ended.at - committed for ended in hammer.endings.values())
    asked = sum(map(len, hammer.answers.values()))
    return Measured(ending, {place: last[place] * 1000 for place in PLACES}, asked)


def _place(door: Door) -> str:
    return door.process if door.process in PLACES else "services"


def section(results: Sequence[Measured], command: str, day: str, load: float) -> str:
    """This bench's part of docs/benchmarks.md."""
    rounds = len(results) // len(ENDINGS)
    return f"""
## Revocation

{day}, `{command}`: {rounds} rounds of each ending, median / p99 in milliseconds from the commit of the request that
takes the right away (`track_commit_timestamp`) to the last answer that was served with it. Whoever holds the right asks
at eight doors without pause, one connection each: four services through the gateway, and each at its own port. Of a
column's doors the slowest counts; an answer counts when it has arrived. Two sockets are open, through the gateway and
at notifier itself; the later close counts. teams looks into its own database at each request, the other processes have
the revocation from the bus.

{figures(results)}

Machine: {machine.describe()}. Clients, six services and their servers share it; the load average before was {load:.1f}.
{machine.python()}.
"""


def figures(results: Sequence[Measured]) -> str:
    """The table: a row an ending, a column a place."""
    head = ["", "gateway", "services", "teams", "socket closed", "requests a round"]
    return table(head, [_row(ending, [one for one in results if one.ending == ending]) for ending in ENDINGS])


def _row(ending: str, turns: Sequence[Measured]) -> list[str]:
    waits = [[turn.last[place] for turn in turns] for place in PLACES]
    cells = [f"{rounded(middle(each))} / {rounded(percentile(each, 0.99))}" for each in waits]
    return [ending, *cells, rounded(middle([turn.asked for turn in turns]))]


def prepare() -> None:
    """Nothing is to be installed: no peer takes part."""


def run(options: Options, command: str, day: str) -> str:
    """Measure and return the section."""
    load = machine.load()
    return section(measure(options.rounds), command, day, load)


def measure_ours(options: Options) -> None:
    """The same; all of it is ours."""
    measure(options.rounds)
