"""supervisord over the local stack: its configuration, its start and end, and what it says about the processes."""

import os
import shlex
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_stack.accounts import write_private
from local_stack.failure import StackFailure, last_lines
from local_stack.places import MARK, Places
from local_stack.ports import accepts
from local_stack.program import Program, passed_on

START_SECONDS = 20
STOP_SECONDS = 40
_DOWN = ("STOPPED", "EXITED", "FATAL", "UNKNOWN")


@dataclass(frozen=True)
class ProcessState:
    """What supervisord knows about one program."""

    name: str
    state: str
    pid: int
    description: str

    @property
    def is_down(self) -> bool:
        """Not running and not about to."""
        return self.state in _DOWN


class Supervisor:
    """The supervisord of one checkout, reached over loopback with a password."""

    def __init__(self, places: Places, *, port: int, password: str) -> None:
        self._places = places
        self._port = port
        self._password = password
        self._log = places.logs / "supervisord.log"

    @property
    def _rpc(self) -> Any:
        url = f"http://stack:{self._password}@127.0.0.1:{self._port}/RPC2"
        return xmlrpc.client.ServerProxy(url).supervisor

    @property
    def running(self) -> bool:
        """Whether it answers to our password."""
        if not accepts(self._port):
            return False
        try:
            return bool(self._rpc.getState())
        except (OSError, xmlrpc.client.Error):
            return False

    def start(self, programs: Iterable[Program]) -> None:
        """Write the configuration and bring supervisord to it, without starting any program. Raises StackFailure."""
        write_private(self._places.supervisord_conf, self._configuration(programs))
        if self.running:
            self._reload()
            return
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._places.supervisord_conf)]
        environment = {**passed_on(), "HOME": os.environ.get("HOME", "/"), MARK: str(self._places.home)}
        result = subprocess.run(
            command, cwd=self._places.root, env=environment, capture_output=True, text=True, check=False
        )
        deadline = time.monotonic() + START_SECONDS
        while result.returncode == 0 and not self.running and time.monotonic() < deadline:
            time.sleep(0.05)
        if not self.running:
            said = result.stderr.strip() or last_lines(self._log)
            raise StackFailure(f"supervisord did not start. What it said:\n{said}")

    def _reload(self) -> None:
        added, changed, removed = self._rpc.reloadConfig()[0]
        for name in (*changed, *removed):
            self._rpc.stopProcessGroup(name)
            self._rpc.removeProcessGroup(name)
        for name in (*added, *changed):
            self._rpc.addProcessGroup(name)

    def states(self) -> dict[str, ProcessState]:
        """Name -> state of every program; empty when supervisord is not there."""
        if not self.running:
            return {}
        entries = self._rpc.getAllProcessInfo()
        return {
            entry["name"]: ProcessState(entry["name"], entry["statename"], entry["pid"], entry["description"])
            for entry in entries
        }

    def wait_for(self, name: str, states: Iterable[str], *, seconds: float) -> None:
        """Return once the program is in one of these states. Raises StackFailure if it does not get there in time."""
        wanted = set(states)
        deadline = time.monotonic() + seconds
        while (state := self.states()[name].state) not in wanted:
            if time.monotonic() > deadline:
                raise StackFailure(f"{name} is {state.lower()} after {seconds:.0f} s instead of {' or '.join(wanted)}")
            time.sleep(0.05)

    def ensure_started(self, names: Iterable[str]) -> list[str]:
        """Start what is down; returns its names."""
        states = self.states()
        down = [name for name in names if states[name].is_down]
        for name in down:
            self._rpc.startProcess(name, False)
        return down

    def stop_programs(self, names: Iterable[str]) -> None:
        """Stop these side by side and wait. Names that are down already are fine."""
        states = self.states()
        wanted = [name for name in names if name in states and not states[name].is_down]
        for name in wanted:
            self._rpc.stopProcess(name, False)
        deadline = time.monotonic() + STOP_SECONDS
        while any(not state.is_down for name, state in self.states().items() if name in wanted):
            if time.monotonic() > deadline:
                raise StackFailure(f"{', '.join(wanted)} did not stop within {STOP_SECONDS} s: see {self._log}")
            time.sleep(0.05)

    def shut_down(self) -> None:
        """Stop every program, then supervisord itself. Raises StackFailure if it is still there after 40 s."""
        self._rpc.shutdown()
        deadline = time.monotonic() + STOP_SECONDS
        while accepts(self._port):
            if time.monotonic() > deadline:
                raise StackFailure(f"supervisord did not stop within {STOP_SECONDS} s: see {self._log}")
            time.sleep(0.1)

    def _configuration(self, programs: Iterable[Program]) -> str:
        own = {
            "logfile": self._log,
            "logfile_maxbytes": "5MB",
            "logfile_backups": 1,
            "pidfile": self._places.home / "supervisord.pid",
            "childlogdir": self._places.logs,
            "minfds": 1024,
            **({"user": "root"} if os.geteuid() == 0 else {}),
        }
        http = {"port": f"127.0.0.1:{self._port}", "username": "stack", "password": self._password}
        rpc = {"supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"}
        sections: list[tuple[str, dict[str, Any]]] = [
            ("supervisord", own),
            ("inet_http_server", http),
            ("rpcinterface:supervisor", rpc),
        ]
        for priority, program in enumerate(programs, start=1):
            sections.append((f"program:{program.name}", _program_section(program, priority)))
        return "\n".join(_section(name, entries) for name, entries in sections)


def _program_section(program: Program, priority: int) -> dict[str, Any]:
    """A process that dies is started again, unless it refuses to start (exit 78), which only a change can mend."""
    section: dict[str, Any] = {
        "command": shlex.join(program.command),
        "directory": program.directory,
        "priority": priority,
        "autostart": "false",
        "autorestart": "unexpected",
        "exitcodes": "78",
        "startsecs": 1,
        "startretries": 3,
        "stopsignal": program.stop_signal.name.removeprefix("SIG"),
        "stopwaitsecs": 30,
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": program.log,
        "stdout_logfile_maxbytes": "20MB",
        "stdout_logfile_backups": 1,
    }
    if program.environment:
        section["environment"] = ",".join(f'{name}="{value}"' for name, value in program.environment.items())
    if program.account is not None:
        section["user"] = program.account
    return section


def _section(name: str, entries: dict[str, Any]) -> str:
    lines = [f"[{name}]", *(f"{key}={str(value).replace('%', '%%')}" for key, value in entries.items())]
    return "\n".join(lines) + "\n"


def log_of(places: Places, name: str) -> Path:
    """Where a program's output goes."""
    return places.logs / f"{name}.log"
