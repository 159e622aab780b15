"""What every writer does: it reads orders from stdin, one JSON line each, carries them out, and answers
`done SECONDS P50 P99`: how long the order took, and what half and 99 % of its transactions took at most (ms).

Standard library only: the peers' writers, which live in an environment of their own, use it too.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from tests.load.figures import percentile

WRITERS = 4
"""Transactions at once where no rate is asked for."""

CONNECTIONS = 8
"""What a writer's pool holds."""

Write = Callable[[int, int], Awaitable[None]]
"""`write(run, events)`: one transaction that changes `events` rows, marks them with `run`, and states an event each."""


@dataclass(frozen=True)
class Order:
    """`transactions` of `events` each; `rate` is transactions a second, 0 for as fast as `writers` at once can."""

    run: int
    transactions: int
    events: int
    rate: float = 0.0
    writers: int = WRITERS


async def carry_out_orders(write: Write) -> None:
    """Until stdin ends."""
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        order, waits = Order(**json.loads(line)), []  # type: ignore[var-annotated]
        timed, started = _timed(write, waits), perf_counter()
        await (_at_rate(order, timed) if order.rate else _flat_out(order, timed))
        print(done(perf_counter() - started, waits), flush=True)


def done(seconds: float, waits: Sequence[float]) -> str:
    """The answer; `waits` are the milliseconds of each transaction."""
    return f"done {seconds:.6f} {percentile(waits, 0.5):.4f} {percentile(waits, 0.99):.4f}"


def _timed(write: Write, waits: list[float]) -> Write:
    async def timed(run: int, events: int) -> None:
        started = perf_counter()
        await write(run, events)
        waits.append((perf_counter() - started) * 1000)

    return timed


async def _flat_out(order: Order, write: Write) -> None:
    left = iter(range(order.transactions))

    async def one_after_the_other() -> None:
        for _ in left:
            await write(order.run, order.events)

    await asyncio.gather(*(one_after_the_other() for _ in range(order.writers)))


async def _at_rate(order: Order, write: Write) -> None:
    """Each transaction starts at its time, or once a connection is free: earlier ones need not have ended."""
    loop = asyncio.get_running_loop()
    connections = asyncio.Semaphore(CONNECTIONS)

    async def in_turn() -> None:
        async with connections:
            await write(order.run, order.events)

    started = loop.time()
    writes = []
    for number in range(order.transactions):
        await asyncio.sleep(max(0.0, started + number / order.rate - loop.time()))
        writes.append(asyncio.create_task(in_turn()))
    await asyncio.gather(*writes)
