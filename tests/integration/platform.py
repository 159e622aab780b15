"""The whole platform as the local stack starts it, on a test run's private engines: every process can be killed."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import asyncpg

from chassis.provision import provision
from local_stack import addresses, catalogue, keyring
from local_stack.catalogue import SERVICES, ServiceRow, Stack
from local_stack.engines import Engines
from local_stack.failure import last_lines
from local_stack.places import ROOT, Places
from local_stack.ports import free_port
from local_stack.program import Program, spawn

START_SECONDS = 60
RATE_LIMIT_SCALE = 1000
"""All people of all tests come from one address."""
TRUSTED_PROXIES = '["127.0.0.0/8", "::1/128"]'
"""Whoever is to come from elsewhere says so in X-Forwarded-For, as if a proxy of ours stood before the gateway."""


class DidNotStart(AssertionError):
    """A process ended or was not ready in time; the message ends with what it wrote last."""


@dataclass
class Platform:
    """Six-services-in-a-box for tests. `processes` maps e.g. "teams-serve" to the running process."""

    stack: Stack
    extra: dict[str, str] = field(default_factory=dict)
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def gateway_url(self) -> str:
        """The front door; `localhost`, which is where PUBLIC_URL says it is."""
        return self.stack.public_url

    @property
    def mail_url(self) -> str:
        """The mail catcher's page and API."""
        return self.stack.mail_url

    def start(self, name: str, **environment: str) -> None:
        """Start one process and wait until it is ready; `environment` is added to its settings."""
        self.begin(name, **environment)
        self.wait_ready(name)

    def begin(self, name: str, **environment: str) -> None:
        """Start one process without waiting."""
        row, process = self._row(name)
        settings = catalogue.environment(self.stack, row) | catalogue.process_environment(self.stack, row, process)
        command = (catalogue.python(), "-m", row.name, process)
        tests = {"RATE_LIMIT_SCALE": str(RATE_LIMIT_SCALE), "TRUSTED_PROXIES": TRUSTED_PROXIES}
        everything = settings | tests | self.extra | environment
        self.processes[name] = spawn(Program(name, command, ROOT, self.log(name), everything))

    def wait_ready(self, name: str) -> None:
        """Until the process says that it is ready. Raises DidNotStart."""
        row, process = self._row(name)
        self._wait(name, catalogue.health_url(self.stack, row, process))

    def start_mail(self) -> None:
        """Start the mail catcher."""
        ports = self.stack.ports
        listen = ("--smtp-port", str(ports["smtp"]), "--http-port", str(ports[addresses.MAIL.name]))
        command = (catalogue.python(), "-m", "mail_catcher", *listen)
        self.processes["mail"] = spawn(Program("mail", command, ROOT, self.log("mail")))
        self._wait("mail", f"{self.mail_url}/health/ready")

    def start_stripe(self) -> None:
        """Start the Stripe simulator and let it have the catalogue."""
        self.processes["stripe"] = spawn(
            Program("stripe", catalogue.stripe_simulator(self.stack), ROOT, self.log("stripe"))
        )
        self._wait("stripe", f"{self.stack.stripe_url}/health/ready")
        for row in SERVICES:
            for arguments in row.prepared_by:
                _run(self.stack, row, *arguments)

    def stop_mail(self) -> None:
        """As when the SMTP server is away."""
        self.stop("mail")

    def stop(self, name: str) -> int:
        """SIGTERM; returns the exit code once the process has ended in order."""
        return self._end(name, signal.SIGTERM)

    def kill(self, name: str) -> None:
        """SIGKILL."""
        self._end(name, signal.SIGKILL)

    def wait_dead(self, name: str, seconds: float = 30) -> int:
        """Wait for a process that ends by itself, e.g. at a planted fault; returns its exit code."""
        return self.processes.pop(name).wait(seconds)

    def stop_all(self) -> None:
        """End everything."""
        for process in self.processes.values():
            process.terminate()
        for name in list(self.processes):
            self.stop(name)

    def log(self, name: str) -> Path:
        """Where a process writes."""
        return self.stack.places.logs / f"{name}.log"

    def logs(self) -> str:
        """What all processes wrote."""
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.stack.places.logs.glob("*.log")))

    async def query(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """Look into the database past every wall, as the superuser: for ledgers only."""
        connection = await asyncpg.connect(self.stack.database_url)
        try:
            return await connection.fetch(sql, *arguments)
        finally:
            await connection.close()

    def _row(self, name: str) -> tuple[ServiceRow, str]:
        service, process = name.split("-")
        return catalogue.row(service), process

    def _end(self, name: str, how: signal.Signals) -> int:
        process = self.processes.pop(name)
        if process.poll() is None:
            os.kill(process.pid, how)
        try:
            return process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            raise

    def _wait(self, name: str, url: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(url):
            if self.processes[name].poll() is not None:
                raise DidNotStart(f"{name} ended:\n{last_lines(self.log(name))}")
            if time.monotonic() > deadline:
                raise DidNotStart(f"{name} is not ready:\n{last_lines(self.log(name))}")
            time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def all_processes() -> Iterator[str]:
    """Names of all processes, in the order of their start."""
    for row in SERVICES:
        for process in row.processes:
            yield f"{row.name}-{process}"


def describe(engines: Engines, home: Path) -> Stack:
    """Ports, secrets and places for a platform on these engines. Database passwords are the run's one password."""
    (home / "local").mkdir(parents=True, exist_ok=True)
    places = Places(ROOT, home)
    for directory in (places.logs, places.openapi, places.environments, places.state):
        directory.mkdir(parents=True, exist_ok=True)
    ports: dict[str, int] = {}
    for name in (*(public.name for public in addresses.PUBLIC), *catalogue.port_names()):
        ports[name] = free_port(set(ports.values()))
    keys = keyring.load_or_generate(places.secrets, [row.name for row in SERVICES])
    for service in keys.services.values():
        service.database = dict.fromkeys(catalogue.ROLES, engines.password)
    ports["postgres"] = engines.ports["postgres"]
    parts = (engines.postgres.engine, engines.rabbitmq.engine, engines.redis.engine)
    return Stack(places, ports, keys, *parts)


async def prepare(stack: Stack) -> None:
    """The database, each service's schema and topology, and the documents that the gateway reads."""
    connection = await asyncpg.connect(stack.postgres.admin_url)
    await connection.execute(f"CREATE DATABASE {catalogue.DATABASE}")
    await connection.close()
    for row in SERVICES:
        if row.has_schema:
            passwords = stack.keyring.services[row.name].database
            await provision(stack.database_url, service=row.name, passwords=passwords)
            _run(stack, row, "migrate")
            _run(stack, row, "topology", "apply")
            (stack.places.openapi / f"{row.name}.json").write_bytes(_run(stack, row, "openapi"))


def _run(stack: Stack, row: ServiceRow, *arguments: str) -> bytes:
    environment = os.environ | catalogue.environment(stack, row)
    command = [catalogue.python(), "-m", row.name, *arguments]
    result = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert result.returncode == 0, f"{command}: {result.stderr.decode()}"
    return result.stdout


def command(stack: Stack, service: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """`python -m <service> …` with the settings of the running platform."""
    environment = os.environ | catalogue.environment(stack, catalogue.row(service))
    line = [catalogue.python(), "-m", service, *arguments]
    return subprocess.run(line, env=environment, capture_output=True, text=True, check=False, timeout=60)
