"""Several processes of `serve` on one port, where one process is one processor core; and the parent that keeps them.

The kernel gives each new connection to one of them (SO_REUSEPORT). The parent answers no request: it starts them,
replaces one that ended, passes SIGTERM on, and says on METRICS_PORT how they are; the n-th has METRICS_PORT + n.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

import aiohttp
from prometheus_client import Counter, Gauge

from chassis import processes
from chassis.health import Health
from chassis.processes import FAILED, Stop, begin, listen_privately
from chassis.server import stop_listening
from chassis.settings import REFUSED, ServiceSettings, StartRefused

if TYPE_CHECKING:
    from chassis.lifecycle import Service

log = logging.getLogger(__name__)

MOST_ENDS = 5
ENDS_SECONDS = 60.0
"""After so many unexpected ends within so long the parent ends too: its own supervisor says so to somebody."""
RESTART_SECONDS = 0.5
MARGIN_SECONDS = 5.0

RUNNING = Gauge("http_workers", "Processes on the port; only their parent says it.")
ENDED = Counter("http_workers_ended", "Processes on the port that ended without being asked to.")


async def serve(service: "Service", settings: ServiceSettings, *, supervised: bool = False) -> int:
    """One process, or HTTP_WORKERS of them and their parent, until a signal. Returns the exit code.

    `supervised` is for what the parent starts: it ends with its standard input. Raises StartRefused.
    """
    if settings.http_workers == 1:
        return await processes.serve(service, settings, supervised=supervised)
    if not 0 < settings.metrics_port <= 65535 - settings.http_workers:
        raise StartRefused("METRICS_PORT: name one for HTTP_WORKERS, the n-th worker takes METRICS_PORT + n")
    with _held(settings.http_host, settings.http_port) as port:
        return await _Supervisor(settings, port).run()


@contextmanager
def _held(host: str, port: int) -> Iterator[int]:
    """The port stays ours while no worker listens, and is the same for all if it is 0.

    Nobody connects to a socket that is bound and does not listen. Raises StartRefused if the port is taken.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            held.bind(address)
        except OSError as error:
            raise StartRefused(f"HTTP_PORT: cannot listen on {host}:{port}: {error.strerror or error}") from None
        yield held.getsockname()[1]


class _Supervisor:
    def __init__(self, settings: ServiceSettings, port: int) -> None:
        self._settings = settings
        self._port = port
        self._stop: Stop = begin()
        self._running: dict[int, asyncio.subprocess.Process] = {}
        self._ends: deque[float] = deque(maxlen=MOST_ENDS)
        self._health = Health()

    async def run(self) -> int:
        """Until a signal, or until they end too often. Returns the exit code. Raises StartRefused."""
        async with AsyncExitStack() as stack:
            self._session = await stack.enter_async_context(aiohttp.ClientSession())
            self._health.checks["workers"] = self._any_ready
            private, metrics_port = await listen_privately(self._settings, self._health)
            stack.push_async_callback(stop_listening, private)
            numbers = range(1, self._settings.http_workers + 1)
            keepers = [asyncio.create_task(self._keep(number)) for number in numbers]
            log.info("supervising", extra={"port": self._port, "metrics_port": metrics_port, "workers": len(keepers)})
            await self._stop.wait()
            log.info("stopping")
            self._health.stopping = True
            await self._end(keepers)
        return self._stop.exit_code

    async def _keep(self, number: int) -> None:
        """One process after the other, until the end is asked for."""
        refusing = True
        while not self._stop.requested:
            code = await self._run_one(number)
            if self._stop.requested:
                if code not in {0, -signal.SIGTERM}:  # the signal may come before there is anybody to hear it
                    self._stop.request(max(code, FAILED))
            elif code == REFUSED and refusing:
                self._stop.request(REFUSED)
            else:
                log.error("a worker ended", extra={"worker": number, "exit_code": code})
                await self._rest()
            refusing = False

    async def _run_one(self, number: int) -> int:
        """Returns its exit code; a signal's number is below zero."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *sys.orig_argv[1:],
            "--supervised",
            env=os.environ | self._own_settings(number),
            stdin=asyncio.subprocess.PIPE,
        )
        self._running[number] = process
        RUNNING.set(len(self._running))
        if self._stop.requested:
            _signal(process, signal.SIGTERM)
        try:
            return await process.wait()
        finally:
            del self._running[number]
            RUNNING.set(len(self._running))

    def _own_settings(self, number: int) -> dict[str, str]:
        return {
            "HTTP_WORKERS": "1",
            "HTTP_REUSE_PORT": "true",
            "HTTP_PORT": str(self._port),
            "METRICS_PORT": str(self._settings.metrics_port + number),
        }

    async def _rest(self) -> None:
        """Before the next one starts, unless this was one end too many."""
        ENDED.inc()
        now = asyncio.get_running_loop().time()
        self._ends.append(now)
        if len(self._ends) == MOST_ENDS and now - self._ends[0] < ENDS_SECONDS:
            log.critical("workers end too often", extra={"ends": MOST_ENDS, "seconds": ENDS_SECONDS})
            self._stop.request(FAILED)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(RESTART_SECONDS):
                await self._stop.wait()

    async def _end(self, keepers: list["asyncio.Task[None]"]) -> None:
        """Each has its own time for what is in its hands; who takes longer is killed."""
        for process in self._running.values():
            _signal(process, signal.SIGTERM)
        _, late = await asyncio.wait(keepers, timeout=2 * self._settings.shutdown_seconds + MARGIN_SECONDS)
        for process in self._running.values():
            _signal(process, signal.SIGKILL)
        if late:
            await asyncio.wait(late)

    async def _any_ready(self) -> None:
        """One is enough: while another starts anew, the port answers. Raises ConnectionError."""
        ready = await asyncio.gather(*(self._is_ready(number) for number in list(self._running)))
        if not any(ready):
            raise ConnectionError("no worker is ready")

    async def _is_ready(self, number: int) -> bool:
        host, port = self._settings.metrics_host, self._settings.metrics_port + number
        at = f"[{host}]" if ":" in host else host
        try:
            async with self._session.get(f"http://{at}:{port}/health/ready") as answer:
                return answer.status == 200
        except (aiohttp.ClientError, OSError):
            return False


def _signal(process: asyncio.subprocess.Process, which: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(which)
