"""Processes of this checkout whose supervisord is gone (killed, or the machine was suspended badly)."""

import os
import signal
import time
from pathlib import Path

from local_stack.places import MARK, Places

_SECONDS = 15


def find(places: Places) -> list[int]:
    """Pids of every process of this checkout's stack, except our own.

    They carry its mark in their environment; engines that write their title over their environment work in its folder.
    """
    mark = f"{MARK}={places.home}".encode()
    pids = [int(process.name) for process in Path("/proc").glob("[0-9]*") if _belongs(process, mark, places.engines)]
    return [pid for pid in pids if pid != os.getpid()]


def _belongs(process: Path, mark: bytes, engines: Path) -> bool:
    try:
        if mark in (process / "environ").read_bytes().split(b"\0"):
            return True
        return engines in (process / "cwd").resolve(strict=True).parents
    except OSError:
        return False


def wait_for_the_end(places: Places, seconds: float = 5) -> list[int]:
    """Wait until none is left, at most so long; returns those that are."""
    deadline = time.monotonic() + seconds
    while (left := find(places)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def stop(places: Places) -> int:
    """End them: politely, after 15 s by force. Returns how many there were."""
    found = find(places)
    _signal(found, signal.SIGTERM)
    _signal(wait_for_the_end(places, _SECONDS), signal.SIGKILL)
    return len(found)


def _signal(pids: list[int], how: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, how)
        except ProcessLookupError:
            continue
