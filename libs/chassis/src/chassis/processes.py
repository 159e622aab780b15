"""The two processes of a service: `serve` (its HTTP door) and `work` (consumers, relay, jobs)."""

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING

import asyncpg
from pydantic import SecretStr

from chassis import telemetry
from chassis.database import Database, DoorName
from chassis.failures import is_transient
from chassis.health import HEALTH, Health, private_app
from chassis.internal_door import open_internal_door
from chassis.roles import verify_roles
from chassis.server import ProblemRunner, listen, stop_listening
from chassis.settings import ServiceSettings, StartRefused

if TYPE_CHECKING:
    from chassis.lifecycle import Runnable, Service

log = logging.getLogger(__name__)

START_SECONDS = 30.0
COLLECT_AFTER = 10_000
"""Objects made and kept before the collector looks for cycles among them."""
RETRY_SECONDS = 0.5
FAILED = 1


class Stop:
    """Why and when the process ends: a signal (exit 0), or a part that failed (exit 1)."""

    def __init__(self) -> None:
        self._requested = asyncio.Event()
        self.exit_code = 0

    def on_signals(self) -> None:
        """SIGTERM and SIGINT ask for an orderly end."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.request)

    def with_standard_input(self) -> None:
        """Its end asks for ours: a parent held it open, which says nothing, and is gone."""
        loop, standard_input = asyncio.get_running_loop(), sys.stdin.fileno()

        def ended() -> None:
            loop.remove_reader(standard_input)
            log.warning("the parent is gone")
            self.request()

        loop.add_reader(standard_input, ended)

    def request(self, exit_code: int = 0) -> None:
        """Ask for the end; the first failure decides the exit code."""
        self.exit_code = self.exit_code or exit_code
        self._requested.set()

    @property
    def requested(self) -> bool:
        """Whether the end was asked for."""
        return self._requested.is_set()

    async def wait(self) -> None:
        """Until the end is asked for."""
        await self._requested.wait()


_stop: ContextVar[Stop | None] = ContextVar("stop", default=None)


def start(runnable: "Runnable") -> asyncio.Task[None]:
    """Run a part beside the others; if it ends by itself, the process does, so that its supervisor restarts it."""
    task = asyncio.create_task(runnable.run(), name=type(runnable).__name__)
    stop = _stop.get()

    def ended(done: asyncio.Task[None]) -> None:
        if done.cancelled():
            return
        log.critical("a part of the process ended", extra={"part": done.get_name()}, exc_info=done.exception())
        if stop is not None:
            stop.request(FAILED)

    task.add_done_callback(ended)
    return task


async def finish(tasks: Sequence[asyncio.Task[None]], seconds: float) -> None:
    """End parts in order: cancelled once they finish what they hold, cancelled again they drop it."""
    for _ in range(2):
        pending = [task for task in tasks if not task.done()]
        for task in pending:
            task.cancel()
        if pending:
            await asyncio.wait(pending, timeout=seconds)


async def run_beside(stack: AsyncExitStack, runnable: "Runnable", *, seconds: float = 10.0) -> None:
    """Run a part as long as the stack is open, e.g. a broadcast listener in the serving process."""
    stack.push_async_callback(finish, [start(runnable)], seconds)


async def serve(service: "Service", settings: ServiceSettings, *, supervised: bool = False) -> int:
    """The HTTP process, until a signal, or until its standard input ends where it is supervised.

    Returns the exit code. Raises StartRefused.
    """
    stop = begin()
    if supervised:
        stop.with_standard_input()
    await verify(service, settings, "api", stop)
    stack = AsyncExitStack()
    try:
        app = await service.serve(settings, stack)
        health = app[HEALTH]
        private, metrics_port = await listen_privately(settings, health)
        stack.push_async_callback(stop_listening, private)
        runner, port = await listen(
            app,
            settings.http_host,
            settings.http_port,
            shutdown_seconds=settings.shutdown_seconds,
            reuse_port=settings.http_reuse_port,
            setting="HTTP_PORT",
        )
        spare_the_collector()
        log.info("serving", extra={"port": port, "metrics_port": metrics_port})
        await stop.wait()
        log.info("stopping")
        await stop_listening(runner)
    finally:
        await _close(stack, settings.shutdown_seconds)
    return stop.exit_code


async def work(service: "Service", settings: ServiceSettings) -> int:
    """The worker process, until a signal or until a part fails. Returns the exit code. Raises StartRefused."""
    if service.work is None:
        raise StartRefused(f"{service.name} has no worker")
    stop = begin()
    await verify(service, settings, "worker", stop)
    stack, health = AsyncExitStack(), Health()
    try:
        parts = await service.work(settings, stack)
        private, metrics_port = await listen_privately(settings, health)
        stack.push_async_callback(stop_listening, private)
        internal_port = await open_internal_door(service, settings, stack)
        tasks = [start(part) for part in parts]
        ports = {"metrics_port": metrics_port, "internal_port": internal_port}
        spare_the_collector()
        log.info("working", extra=ports | {"parts": [task.get_name() for task in tasks]})
        await stop.wait()
        log.info("stopping")
        health.stopping = True
        await finish(tasks, settings.shutdown_seconds)
    finally:
        await _close(stack, settings.shutdown_seconds)
    return stop.exit_code


def spare_the_collector() -> None:
    """What a start loaded stays as long as the process: searching it for garbage stops all requests, again and again.

    Call it once everything is wired; what is made later is still searched.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, *gc.get_threshold()[1:])


def begin() -> Stop:
    """What ends this process from now on."""
    stop = Stop()
    stop.on_signals()
    _stop.set(stop)
    return stop


async def listen_privately(settings: ServiceSettings, health: Health) -> tuple[ProblemRunner, int]:
    """The port of metrics and health; returns its runner and the port it got. Raises StartRefused."""
    return await listen(
        private_app(health), settings.metrics_host, settings.metrics_port, shutdown_seconds=1, setting="METRICS_PORT"
    )


async def _close(stack: AsyncExitStack, seconds: float) -> None:
    """A part that cannot be closed in time is left to the end of the process."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stack.aclose()
    await asyncio.to_thread(telemetry.stop_tracing)


async def verify(service: "Service", settings: ServiceSettings, door: DoorName, stop: Stop) -> None:
    """Wait up to 30 s for Postgres, then check the role. Raises StartRefused."""
    url = getattr(settings, f"database_{door}_url", None)
    if not isinstance(url, SecretStr):
        return None
    loop = asyncio.get_running_loop()
    deadline = loop.time() + START_SECONDS
    while True:
        try:
            return await _verify_once(service.name, url.get_secret_value(), door)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
            if not is_transient(error) or loop.time() > deadline or stop.requested:
                raise StartRefused(f"DATABASE_{door.upper()}_URL: {type(error).__name__}: {error}") from None
            log.warning("waiting for Postgres", extra={"reason": type(error).__name__})
            with suppress(TimeoutError):
                async with asyncio.timeout(RETRY_SECONDS):
                    await stop.wait()


async def _verify_once(service: str, url: str, door: DoorName) -> None:
    database = await Database.connect(url, service=service, size=1)
    try:
        await verify_roles(database, door)
    finally:
        await database.close()
