"""What goes wrong on a developer's machine, as one sentence that says what to do."""

from pathlib import Path

LOG_LINES = 12


class StackFailure(Exception):
    """The message is for a person: what happened, where the log is, what to do next."""


def last_lines(log: Path, count: int = LOG_LINES) -> str:
    """The end of a log file, indented; says so when there is none."""
    try:
        lines = log.read_text(errors="replace").splitlines()[-count:]
    except OSError as error:
        return f"    ({log} cannot be read: {error.strerror})"
    return "\n".join(f"    {line}" for line in lines) or "    (the log is empty)"
