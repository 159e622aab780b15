"""Where it was measured, and how much of a processor it took."""

import os
import platform
import subprocess
import sysconfig
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of these processes and all below them, ended children included (Linux' /proc)."""
    parents: defaultdict[int, list[int]] = defaultdict(list)
    ticks: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and (fields := _stat(folder)):
            parents[int(fields[1])].append(int(folder.name))
            ticks[int(folder.name)] = sum(map(int, fields[11:15]))
    wanted, total = list(pids), 0
    while wanted:
        pid = wanted.pop()
        total += ticks.get(pid, 0)
        wanted += parents[pid]
    return total / _TICKS


def _stat(folder: Path) -> list[str]:
    """The fields behind the name, which may hold spaces; none if the process has ended meanwhile."""
    try:
        return (folder / "stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return []


def first_core() -> set[int]:
    """That of a contestant, which it then shares with nobody."""
    return {min(os.sched_getaffinity(0))}


def other_cores() -> set[int]:
    """Those of all else; the same one where there is no other."""
    return os.sched_getaffinity(0) - first_core() or first_core()


@contextmanager
def on(cores: set[int]) -> Iterator[None]:
    """What this thread starts in the block stays on these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def describe() -> str:
    """Processor, cores, memory, system."""
    model = _line("/proc/cpuinfo", "model name")
    memory = int(_line("/proc/meminfo", "MemTotal").split()[0]) / 1024**2
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}"


def _line(path: str, name: str) -> str:
    for line in Path(path).read_text().splitlines():
        if line.startswith(name):
            return line.partition(":")[2].strip()
    return "0"


def python() -> str:
    """This Python's version, and whether its build leaves a third of its speed away (pyenv's do unless told)."""
    optimised = "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
    of_debian = "deb_system" in sysconfig.get_scheme_names()  # its build is trained by other means
    return f"Python {platform.python_version()}{'' if optimised or of_debian else ' (built without optimisation)'}"


def version_of(*command: str) -> str:
    """The first line a program says of itself."""
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return said.strip().splitlines()[0]


def load() -> float:
    """The load average of the last minute."""
    return os.getloadavg()[0]
