"""The same three engines in containers, behind the same object: for a test run where a Docker engine has the images."""

import asyncio
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient

from local_stack.docker_engine import missing_images
from local_stack.engines import START_SECONDS, STOP_SECONDS, Engines, RunningEngine, RunningRabbitMQ
from local_stack.failure import StackFailure
from local_stack.postgres import THROWAWAY, Postgres
from local_stack.program import Engine
from local_stack.rabbitmq import RabbitMQ

IMAGES = {
    "postgres": os.environ.get("POSTGRES_IMAGE", "postgres:17"),
    "rabbitmq": os.environ.get("RABBITMQ_IMAGE", "rabbitmq:4-management"),
    "redis": os.environ.get("REDIS_IMAGE", "redis:8"),
}
_RUN = "objectalabs.test-run"
E = TypeVar("E", bound=Engine)


class PostgresInside(Postgres):
    """Asked by a client of ours, since the machine may have none of Postgres' own."""

    def ready(self) -> bool:
        """Whether SELECT 1 answers over TCP."""
        try:
            asyncio.run(self._ask())
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        return True

    async def _ask(self) -> None:
        connection = await asyncpg.connect(self.admin_url, timeout=2)
        try:
            await connection.fetchval("SELECT 1")
        finally:
            await connection.close(timeout=2)


class ContainerEngine(RunningEngine[E]):
    """One engine in a container that keeps its data and its ports of this machine over `stop`, `kill` and `start`."""

    def __init__(self, engine: E, directory: Path, container: DockerContainer) -> None:
        super().__init__(engine, directory)
        self._container = container
        self._created = False

    def start(self) -> None:
        """Start on the same ports and data as before; returns when clients are served. Raises StackFailure."""
        if self.running:
            return
        if self._created:
            self._inside.start()
        else:
            self._container.start()
            self._created = True
        deadline = time.monotonic() + START_SECONDS
        while not self.engine.ready():
            if not self.running or time.monotonic() > deadline:
                said = self._inside.logs(tail=12).decode(errors="replace")
                raise StackFailure(f"{self.engine.name} does not start in its container:\n{said}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Shut down in order, keeping the data; what does not go within 30 s is killed."""
        self._inside.stop(timeout=int(STOP_SECONDS))

    def kill(self) -> None:
        """SIGKILL: only what was durable is there after `start`."""
        if self.running:
            self._inside.kill()
            self._inside.wait()

    def remove(self) -> None:
        """Away with it and its data."""
        if self._created:
            self._container.stop(force=True, delete_volume=True)

    @property
    def running(self) -> bool:
        """Whether its container runs."""
        if not self._created:
            return False
        self._inside.reload()
        return bool(self._inside.status == "running")

    @property
    def pids(self) -> list[int]:
        """The pid of the container's first process, as this machine sees it."""
        return [int(self._inside.attrs["State"]["Pid"])]

    @property
    def _inside(self) -> Any:
        return self._container.get_wrapped_container()


class ContainerRabbitMQ(ContainerEngine[RabbitMQ], RunningRabbitMQ):
    """RabbitMQ, with vhosts."""


class ContainerEngines(Engines):
    """The three engines in containers of one test run."""

    def __init__(self, directory: Path, *, durable: bool = False) -> None:
        super().__init__(directory, durable=durable)
        if missing_images([testcontainers_config.ryuk_image]):
            # Without the image that clears up behind a killed run, the next run does (`clear_up`).
            testcontainers_config.ryuk_disabled = True
        self.postgres = ContainerEngine(self._postgres(durable), directory, self._postgres_container(durable))
        self.rabbitmq = ContainerRabbitMQ(self.rabbitmq.engine, directory, self._rabbitmq_container())
        self.redis = ContainerEngine(self.redis.engine, directory, self._redis_container())

    def start(self) -> None:
        """Start all three side by side; on a failure none is left."""
        clear_up()
        super().start()

    def stop(self) -> None:
        """Remove all three."""
        for engine in (self.postgres, self.rabbitmq, self.redis):
            if isinstance(engine, ContainerEngine):
                engine.remove()
        self._end_guard()

    def _postgres(self, durable: bool) -> Postgres:
        return PostgresInside(self.directory, port=self.ports["postgres"], password=self.password, durable=durable)

    def _postgres_container(self, durable: bool) -> DockerContainer:
        options = {"max_connections": "300", **({} if durable else THROWAWAY)}
        command = ["postgres", *(word for name, value in options.items() for word in ("-c", f"{name}={value}"))]
        environment = {"POSTGRES_PASSWORD": self.password}
        return _container("postgres", {5432: self.ports["postgres"]}, environment).with_command(command)

    def _rabbitmq_container(self) -> DockerContainer:
        ports = {5672: self.ports["rabbitmq"], 15672: self.ports["rabbitmq_management"]}
        environment = {"RABBITMQ_DEFAULT_USER": "platform", "RABBITMQ_DEFAULT_PASS": self.password}
        return _container("rabbitmq", ports, environment, hostname="rabbitmq")

    def _redis_container(self) -> DockerContainer:
        command = ["redis-server", "--save", "", "--appendonly", "no"]
        return _container("redis", {6379: self.ports["redis"]}, {}).with_command(command)


def _container(name: str, ports: Mapping[int, int], environment: dict[str, str], **more: str) -> DockerContainer:
    """Published on loopback only; labelled with the run's pid."""
    container = DockerContainer(IMAGES[name]).with_envs(**environment)
    container.ports = {f"{inside}/tcp": ("127.0.0.1", outside) for inside, outside in ports.items()}  # type: ignore[misc]
    return container.with_kwargs(labels={_RUN: str(os.getpid())}, **more)


def clear_up() -> None:
    """Remove what a killed run has left behind."""
    for left in DockerClient().client.containers.list(all=True, filters={"label": _RUN}):
        if not Path(f"/proc/{left.labels[_RUN]}").exists():
            left.remove(force=True, v=True)
