"""`up`: from whatever state the checkout is in to everything running and healthy. What is right is left alone."""

import asyncio
import fcntl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from chassis.provision import provision
from local_stack import catalogue, fingerprints, orphans, web_pages
from local_stack.accounts import write_private
from local_stack.catalogue import DATABASE, SERVICES, ServiceRow
from local_stack.failure import StackFailure, last_lines
from local_stack.launch import full_environment
from local_stack.program import Engine, wait_until_ready
from local_stack.stack import ENGINE_PROGRAMS, LocalStack, program_name
from local_stack.supervision import log_of
from local_stack.terminal import say, step

HEALTHY_SECONDS = 60.0
ENGINE_SECONDS = 90.0


def up(local: LocalStack) -> None:
    """Bring everything up. Raises StackFailure with what to do."""
    if not local.supervisor.running and (count := orphans.stop(local.places)):
        say(f"  Ended {count} processes that an earlier supervisord had left behind.")
    write_environments(local)
    _start_engines(local)
    changed = [row for row in SERVICES if not _is_current(local, row)]
    _stop(local, changed)
    _prepare_services(local, [row for row in changed if row.has_schema])
    web_pages.build(local.places)
    _start_services(local)
    for row in changed:
        fingerprints.Memory(local.places.state).remember(row.name, _fingerprint(local, row))


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Two commands at once on one checkout would trip over each other: the second one waits."""
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another make command works on this checkout; waiting for it …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write_environments(local: LocalStack) -> None:
    """Write each service's settings into .local/environments."""
    for row in SERVICES:
        _write(local, row.name, catalogue.environment(local.stack, row))
        for process in row.processes:
            own = catalogue.process_environment(local.stack, row, process)
            _write(local, program_name(row, process), own)


def _write(local: LocalStack, name: str, environment: dict[str, str]) -> None:
    text = "".join(f"{key}={value}\n" for key, value in environment.items())
    write_private(local.places.environments / f"{name}.env", text)


def _start_engines(local: LocalStack) -> None:
    local.places.make_engines()
    for engine in local.engines:
        engine.prepare()
    local.supervisor.start(local.programs())
    if started := local.supervisor.ensure_started(ENGINE_PROGRAMS):
        with step(f"Starting {', '.join(started)}"), ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda engine: _wait_for_engine(local, engine), local.engines))
            _wait_for_tools(local)


def _wait_for_engine(local: LocalStack, engine: Engine) -> None:
    names = [program.name for program in engine.programs()]

    def alive() -> bool:
        states = local.supervisor.states()
        return not any(states[name].state == "FATAL" for name in names)

    wait_until_ready(engine, alive, seconds=ENGINE_SECONDS, log=engine.log)


def _wait_for_tools(local: LocalStack) -> None:
    _wait_until_healthy(local, "mail", f"{local.stack.mail_url.replace('localhost', '127.0.0.1')}/health/ready")
    _wait_until_healthy(local, "stripe", f"{local.stack.stripe_url}/health/ready")
    _wait_until_healthy(local, "traces", f"{local.stack.traces_url}/health/ready")


def _fingerprint(local: LocalStack, row: ServiceRow) -> str:
    environment = full_environment(row.name, row.processes[0])
    documents = fingerprints.of_files([local.places.openapi], ()) if not row.has_schema else ""
    return fingerprints.of_service(local.places.root, row.name, environment) + documents


def _is_current(local: LocalStack, row: ServiceRow) -> bool:
    return fingerprints.Memory(local.places.state).knows(row.name, _fingerprint(local, row))


def _stop(local: LocalStack, rows: list[ServiceRow]) -> None:
    """Stop what runs from older sources or settings."""
    for row in rows:
        fingerprints.Memory(local.places.state).forget(row.name)
    local.supervisor.stop_programs(program_name(row, process) for row in rows for process in row.processes)


def _prepare_services(local: LocalStack, rows: list[ServiceRow]) -> None:
    """Schema and roles, migrations, exchanges and queues, the OpenAPI document: side by side for all that changed."""
    if not rows:
        return
    names = ", ".join(row.name for row in rows)
    with step(f"Database, migrations, queues, OpenAPI of {names}"):
        asyncio.run(_provision(local, rows))
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda row: _prepare(local, row), rows))


async def _provision(local: LocalStack, rows: list[ServiceRow]) -> None:
    connection = await asyncpg.connect(local.stack.postgres.admin_url)
    try:
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        await connection.close()
    for row in rows:
        passwords = local.stack.keyring.services[row.name].database
        await provision(local.stack.database_url, service=row.name, passwords=passwords)


def _prepare(local: LocalStack, row: ServiceRow) -> None:
    own = [" ".join(command) for command in row.prepared_by]
    arguments = ("local_stack.prepare", row.name, str(document_of(local, row)), *own)
    run_module(local, row.name, *arguments, doing=f"preparing {row.name}")


def document_of(local: LocalStack, row: ServiceRow) -> Path:
    """Where the service's OpenAPI document is written."""
    return local.places.openapi / f"{row.name}.json"


def run_module(local: LocalStack, service: str, *arguments: str, doing: str, typed: str = "") -> str:
    """Run `python -m …` with the service's settings; returns what it printed. Raises StackFailure."""
    result = subprocess.run(
        [catalogue.python(), "-m", *arguments],
        cwd=local.places.root,
        env=full_environment(service, ""),
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        said = "\n".join(f"    {line}" for line in result.stderr.strip().splitlines()[-12:])
        raise StackFailure(f"{doing} failed:\n{said}")
    return result.stdout


def _start_services(local: LocalStack) -> None:
    names = [program_name(row, process) for row in SERVICES for process in row.processes]
    if not local.supervisor.ensure_started(names):
        return
    with step("Starting " + ", ".join(row.name for row in SERVICES)):
        for row in SERVICES:
            for process in row.processes:
                url = catalogue.health_url(local.stack, row, process)
                _wait_until_healthy(local, program_name(row, process), url)


def _wait_until_healthy(local: LocalStack, name: str, url: str) -> None:
    log = log_of(local.places, name)
    deadline = time.monotonic() + HEALTHY_SECONDS
    while not is_healthy(url):
        if local.supervisor.states()[name].state in ("FATAL", "EXITED"):
            raise StackFailure(f"{name} does not start. The end of {log}:\n{last_lines(log)}")
        if time.monotonic() > deadline:
            raise StackFailure(
                f"{name} is not ready after {HEALTHY_SECONDS:.0f} s. The end of {log}:\n{last_lines(log)}"
            )
        time.sleep(0.1)


def is_healthy(url: str) -> bool:
    """Whether the address answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
