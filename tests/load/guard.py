"""Ends what a bench started, also behind a bench that was killed or interrupted twice.

`python -m tests.load.guard` reads lines from stdin, which the bench holds open: `+SESSION` was started, `-SESSION` was
ended by the bench itself. When stdin ends, what is left of them is killed. Standard library only.
"""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from functools import cache

from local_stack.places import ROOT


def started(session: int) -> None:
    """Have the guard kill this session once we are gone."""
    _tell(f"+{session}")


def ended(session: int) -> None:
    """All of it is gone: its number may be given to others."""
    _tell(f"-{session}")


def _tell(line: str) -> None:
    stdin = _guard().stdin
    assert stdin is not None
    stdin.write(line.encode() + b"\n")
    stdin.flush()


@cache
def _guard() -> "subprocess.Popen[bytes]":
    """One for all that this process starts; in a session of its own, where no Ctrl-C reaches it."""
    command = [sys.executable, "-m", "tests.load.guard"]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, start_new_session=True)


def main() -> None:
    """Until stdin ends."""
    sessions: set[int] = set()
    for line in sys.stdin:
        session = int(line[1:])
        (sessions.add if line[0] == "+" else sessions.discard)(session)
    for session in sessions:
        with suppress(ProcessLookupError):
            os.killpg(session, signal.SIGKILL)


if __name__ == "__main__":
    main()
