"""A long-running process: how it is started, by us in tests or by supervisord in the local stack."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from local_stack.failure import StackFailure, last_lines

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR")


@dataclass(frozen=True)
class Program:
    """One process: name, command, whole environment, the account it runs as (None: the caller), its stop signal."""

    name: str
    command: tuple[str, ...]
    directory: Path
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    account: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM


class Engine(Protocol):
    """A server that the services need. `prepare` is idempotent; `ready` is asked until it is true."""

    name: str
    log: Path

    def prepare(self) -> None:
        """Write configuration and create the data directory if it is not there."""

    def programs(self) -> list[Program]:
        """The processes, in the order in which they start."""

    def ready(self) -> bool:
        """Whether a client would be served now."""


def passed_on() -> dict[str, str]:
    """The part of the caller's environment that an engine may see: nothing that could reconfigure it."""
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}


def spawn(program: Program) -> "subprocess.Popen[bytes]":
    """Start the program in its own session, so that a Ctrl-C in the terminal reaches only us."""
    with program.log.open("ab") as log:
        return subprocess.Popen(
            program.command,
            cwd=program.directory,
            env={**passed_on(), **program.environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=program.account,
            group=program.account,
            extra_groups=None if program.account is None else [],
        )


def wait_until_ready(engine: Engine, alive: Callable[[], bool], *, seconds: float, log: Path) -> None:
    """Ask until the engine is ready. Raises StackFailure if it dies or takes longer."""
    deadline = time.monotonic() + seconds
    while not engine.ready():
        if not alive():
            raise StackFailure(f"{engine.name} died at start. The end of {log}:\n{last_lines(log)}")
        if time.monotonic() > deadline:
            raise StackFailure(
                f"{engine.name} is not ready after {seconds:.0f} s. The end of {log}:\n{last_lines(log)}"
            )
        time.sleep(0.1)
