"""Postgres, RabbitMQ and Redis for one test run: private, on free ports, gone afterwards.

The local stack of `make up` runs the same engines under supervisord (see `local_stack.supervision`).
"""

import os
import secrets
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Generic, Self, TypeVar

from local_stack.ports import free_port
from local_stack.postgres import Postgres
from local_stack.program import Engine, Program, spawn, wait_until_ready
from local_stack.rabbitmq import RabbitMQ
from local_stack.redis_server import Redis

START_SECONDS = 90.0
STOP_SECONDS = 30.0

E = TypeVar("E", bound=Engine)


class RunningEngine(Generic[E]):
    """One engine and its processes. Blocking calls: in async code, `await asyncio.to_thread(engine.stop)`."""

    def __init__(self, engine: E, directory: Path) -> None:
        self.engine = engine
        self._pids_file = directory / f"{engine.name}.pids"
        self._children: list[tuple[Program, subprocess.Popen[bytes]]] = []

    def start(self) -> None:
        """Start on the same ports and data as before; returns when clients are served. Raises StackFailure."""
        if self._children:
            return
        self.engine.prepare()
        for program in self.engine.programs():
            self._children.append((program, spawn(program)))
            self._record()
        try:
            wait_until_ready(self.engine, self._alive, seconds=START_SECONDS, log=self.engine.log)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Shut down in order, keeping the data; what does not go within 30 s is killed."""
        for program, process in reversed(self._children):
            _end(process, program.stop_signal)
        self._forget()

    def kill(self) -> None:
        """SIGKILL, as when the machine loses it: only what was durable is there after `start`."""
        for _, process in reversed(self._children):
            _end(process, signal.SIGKILL)
        self._forget()

    @property
    def running(self) -> bool:
        """Whether every process of it is alive."""
        return bool(self._children) and self._alive()

    @property
    def pids(self) -> list[int]:
        """The pids of its processes, in the order in which they were started."""
        return [process.pid for _, process in self._children]

    def _alive(self) -> bool:
        return all(process.poll() is None for _, process in self._children)

    def _record(self) -> None:
        self._pids_file.write_text("".join(f"{pid}\n" for pid in self.pids))

    def _forget(self) -> None:
        self._children.clear()
        self._pids_file.unlink(missing_ok=True)


class RunningRabbitMQ(RunningEngine[RabbitMQ]):
    """RabbitMQ, with vhosts: a vhost is an empty broker at the price of one request.

    Before `kill`: messages are on disk once confirmed, but a new quorum queue's entry in 3.10's registry of queues
    follows up to a second later. A node killed inside that second comes back with a queue that never finds a leader.
    """

    def create_vhost(self, name: str) -> str:
        """Make a vhost; returns its amqp:// URL."""
        return self.engine.create_vhost(name)

    def delete_vhost(self, name: str) -> None:
        """Drop a vhost and everything in it."""
        self.engine.delete_vhost(name)


class Engines:
    """The three engines in one directory, with one password. Use as a context manager."""

    def __init__(self, directory: Path, *, durable: bool = False) -> None:
        self.directory = directory
        self.password = secrets.token_urlsafe(24)
        ports: dict[str, int] = {}
        for name in ("postgres", "redis", *RabbitMQ.port_names):
            ports[name] = free_port(set(ports.values()))
        self.ports = ports
        self.postgres: RunningEngine[Postgres] = RunningEngine(
            Postgres(directory, port=ports["postgres"], password=self.password, durable=durable), directory
        )
        self.rabbitmq = RunningRabbitMQ(RabbitMQ(directory, ports=ports, password=self.password), directory)
        self.redis: RunningEngine[Redis] = RunningEngine(
            Redis(directory, port=ports["redis"], durable=durable), directory
        )
        self._guard: subprocess.Popen[bytes] | None = None

    @classmethod
    def temporary(cls) -> Self:
        """In a new directory under the system's temporary folder, which `stop` removes."""
        directory = Path(tempfile.mkdtemp(prefix="engines-"))
        # The engines' accounts must be able to walk through; their own folders stay private.
        directory.chmod(0o711)
        return cls(directory)

    @property
    def postgres_admin_url(self) -> str:
        """postgresql:// URL of the superuser."""
        return self.postgres.engine.admin_url

    @property
    def rabbitmq_url(self) -> str:
        """amqp:// URL of the vhost "/"."""
        return self.rabbitmq.engine.url()

    @property
    def rabbitmq_management_url(self) -> str:
        """http:// URL with user and password, without a path."""
        return self.rabbitmq.engine.management_url

    @property
    def redis_url(self) -> str:
        """redis:// URL of database 0."""
        return self.redis.engine.url

    def start(self) -> None:
        """Start all three side by side; on a failure none is left running."""
        self._guard = self._start_guard()
        try:
            with ThreadPoolExecutor(3) as pool:
                list(pool.map(lambda engine: engine.start(), self._all()))
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop all three; the guard then removes the directory."""
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda engine: engine.kill(), self._all()))
        self._end_guard()

    def _end_guard(self) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.stdin.close()
            self._guard.wait(STOP_SECONDS)
            self._guard = None

    def _start_guard(self) -> "subprocess.Popen[bytes]":
        """The guard outlives a run that is killed, and clears up after it."""
        command = [sys.executable, "-m", "local_stack.guard", str(self.directory)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)

    def _all(self) -> tuple[RunningEngine[Postgres], RunningRabbitMQ, RunningEngine[Redis]]:
        return (self.postgres, self.rabbitmq, self.redis)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _end(process: "subprocess.Popen[bytes]", how: signal.Signals) -> None:
    """Signal our own child (its pid cannot be another's before we have waited for it) and wait."""
    if process.poll() is None:
        os.kill(process.pid, how)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_SECONDS)
