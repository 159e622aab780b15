"""`logs`: the processes' JSON lines made readable, one trace followed across services."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local_stack.places import Places
from local_stack.terminal import say

_SHOWN_BEFORE = 15
_FIRST = ("timestamp", "level", "event")


def files(places: Places, service: str) -> list[Path]:
    """The logs of one service's processes (or of one program, e.g. postgres), or of all services."""
    found = sorted(places.logs.glob("*.log"))
    if service:
        return [file for file in found if file.stem == service or file.stem.startswith(f"{service}-")]
    return [file for file in found if "-" in file.stem and file.stem != "web-build"]


def follow(logs: list[Path]) -> None:
    """Print the last lines of each, then whatever comes, until interrupted."""
    positions = {log: _print_end(log) for log in logs}
    while True:
        for log in logs:
            positions[log] = _print_new(log, positions[log])
        time.sleep(0.2)


def _print_end(log: Path) -> int:
    content = log.read_bytes()
    for line in content.decode(errors="replace").splitlines()[-_SHOWN_BEFORE:]:
        say(readable(log.stem, line))
    return len(content)


def _print_new(log: Path, position: int) -> int:
    size = log.stat().st_size
    if size < position:  # rotated
        position = 0
    with log.open("rb") as stream:
        stream.seek(position)
        whole, _, _ = stream.read().rpartition(b"\n")
    for line in whole.decode(errors="replace").splitlines():
        say(readable(log.stem, line))
    return position + len(whole) + 1 if whole else position


def of_trace(logs: list[Path], trace: str) -> Iterator[str]:
    """Every line that names the trace id, over all logs, by time."""
    found = [
        (time_of(line), readable(log.stem, line))
        for log in logs
        for line in log.read_text(errors="replace").splitlines()
        if trace in line
    ]
    return (line for _, line in sorted(found))


def time_of(line: str) -> str:
    """When the line was written, as its JSON says; empty where it is none."""
    entry = _parsed(line)
    return str(entry.get("timestamp", "")) if entry else ""


def readable(name: str, line: str) -> str:
    """`teams-serve  12:00:01.123 info  request …  key=value`; what is not JSON stays as it is."""
    entry = _parsed(line)
    if entry is None:
        return f"{name:<15} {line}"
    at = str(entry.get("timestamp", "")).partition("T")[2][:12]
    rest = " ".join(f"{key}={value}" for key, value in entry.items() if key not in _FIRST)
    return f"{name:<15} {at} {entry.get('level', ''):<7} {entry.get('event', '')}  {rest}"


def _parsed(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
