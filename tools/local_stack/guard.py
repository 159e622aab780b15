"""Clears up behind a test run, also one that was killed: waits for its end, stops its engines, removes its directory.

Usage: python -m local_stack.guard DIRECTORY, with standard input held open by the run that it guards.
"""

import os
import shutil
import signal
import sys
from pathlib import Path


def main(directory: Path) -> None:
    """Block until standard input closes, then clear up."""
    while sys.stdin.buffer.read(4096):
        pass
    for file in directory.glob("*.pids"):
        for pid in map(int, file.read_text().split()):
            if _belongs(pid, directory):
                os.kill(pid, signal.SIGKILL)
    shutil.rmtree(directory, ignore_errors=True)


def _belongs(pid: int, directory: Path) -> bool:
    """Whether the process works inside the directory, so that a reused pid is never killed."""
    try:
        return directory in Path(f"/proc/{pid}/cwd").resolve(strict=True).parents
    except OSError:
        return False


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
