"""From a `Service` to processes: the command line, orderly start and orderly end."""

from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

from chassis.inbox import Reactions, Reader
from chassis.routes import Routes
from chassis.settings import ServiceSettings
from chassis.snapshots import Aggregate
from chassis.topology import Topology


class Runnable(Protocol):
    """Something a worker process runs until it is cancelled: a relay, a consumer, a scheduler."""

    async def run(self) -> None:
        """Work until cancelled; an exception ends the process."""
        ...


@dataclass(frozen=True)
class Command:
    """A command of one service's own: `python -m <service> <name> …`.

    `run` gets what `load(settings)` read (the service's own settings where None), the parsed arguments and a stack for
    what it opens; it returns the exit code and may raise StartRefused, which is said in one line.
    """

    name: str
    help: str
    run: Callable[[Any, Namespace, AsyncExitStack], Awaitable[int]]
    add_arguments: Callable[[ArgumentParser], None] | None = None
    settings: type[ServiceSettings] | None = None


@dataclass(frozen=True)
class Service:
    """A service's table of contents. `serve` and `work` wire it (composition root, `app.py`).

    What they open they push on the stack; it is closed in reverse order at the end. `deadletters replay` reads the
    service's own queue by `reactions`; where queues need more (a key, a wired handler), `readers` says it by queue.
    `snapshots` are the aggregates that `snapshot` sends as they are.
    """

    name: str
    settings: type[ServiceSettings]
    routes: Sequence[Routes]
    serve: Callable[[Any, AsyncExitStack], Awaitable[web.Application]]
    work: Callable[[Any, AsyncExitStack], Awaitable[Sequence[Runnable]]] | None = None
    migrations: Path | None = None
    topology: Topology | None = None
    reactions: Reactions | None = None
    readers: Callable[[Any, AsyncExitStack], Awaitable[Mapping[str, Reader]]] | None = None
    commands: Sequence[Command] = ()
    snapshots: Sequence[Aggregate] = ()


def main(service: Service, argv: Sequence[str] | None = None) -> None:
    """`python -m <name> serve|work|migrate|topology|openapi|deadletters|snapshot|replay|settings`, and its own."""
    from chassis.commands import run

    run(service, argv)
