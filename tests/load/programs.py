"""The programs that a bench starts: what they write is bounded, and none outlives the bench."""

import os
import resource
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from local_stack.places import ROOT
from local_stack.program import passed_on
from tests.load import guard
from tests.load.orders import Order

STOP_SECONDS = 20
LOG_BYTES = 64 * 1024 * 1024
"""No file of a program gets longer: one that logs an error for each request once filled a disk."""


@dataclass
class Running:
    """A started program; its output is in `log`."""

    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def check(self) -> None:
        """Raises AssertionError, with the end of its output, if it has ended or has filled its log."""
        assert self.log.stat().st_size < LOG_BYTES, f"{self.log.stem} wrote {LOG_BYTES} bytes:\n{self.last_words()}"
        if self.process.poll() is not None:
            raise AssertionError(f"{self.log.stem} ended with {self.process.returncode}:\n{self.last_words()}")

    def last_words(self) -> str:
        """The end of its output."""
        with self.log.open("rb") as output:
            output.seek(max(0, self.log.stat().st_size - 3000))
            return output.read().decode(errors="replace")

    def stop(self) -> None:
        """SIGTERM, then SIGKILL, to all of its session: a launcher that ends may leave the program it started."""
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_SECONDS)
        self._signal(signal.SIGKILL)
        self.process.wait()
        guard.ended(self.pid)

    def _signal(self, which: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, which)


class Writer(Running):
    """A program that carries out orders (`tests.load.orders`)."""

    def give(self, order: Order) -> None:
        """Send an order without waiting for it."""
        assert self.process.stdin is not None
        self.process.stdin.write(orjson.dumps(order) + b"\n")
        self.process.stdin.flush()

    def wait(self, answer: bytes = b"done") -> Sequence[float]:
        """Block until it says so; returns the figures behind it. Raises AssertionError when it says anything else."""
        assert self.process.stdout is not None
        said, *figures = self.process.stdout.readline().split() or [b""]
        if said != answer:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS)
            self.check()
            raise AssertionError(f"{self.log.stem} said {said!r}")
        return list(map(float, figures))


def start(directory: Path, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Running:
    """Start a program in a session of its own, so that a Ctrl-C in the terminal reaches only us."""
    log = directory / f"{name}.log"
    with log.open("ab") as output:
        process = _spawn(command, environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
    return Running(process, log)


def start_writer(directory: Path, command: Sequence[str], environment: Mapping[str, str]) -> Writer:
    """Start a writer and wait until it is ready for orders."""
    log = directory / "writer.log"
    own = {"HOME": os.environ.get("HOME", "/"), **environment}
    with log.open("ab") as errors:
        process = _spawn(command, own, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
    writer = Writer(process, log)
    try:
        writer.wait(b"ready")
    except BaseException:
        writer.stop()
        raise
    return writer


def _spawn(command: Sequence[str], environment: Mapping[str, str], **streams: Any) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**passed_on(), "PYTHONPATH": str(ROOT), **environment},
        start_new_session=True,
        **streams,
    )
    guard.started(process.pid)
    with suppress(ProcessLookupError):  # it ended already
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (LOG_BYTES, LOG_BYTES))
    return process
