"""Become one process of a service, with exactly the settings that `up` wrote.

Usage: python -m local_stack.launch SERVICE COMMAND [ARGUMENT …], e.g. `… teams serve`, `… notifier deadletters list`.
"""

import os
import sys
from pathlib import Path

from local_stack.places import MARK, ROOT
from local_stack.program import passed_on


def read_environment(file: Path) -> dict[str, str]:
    """NAME=value a line, everything after the first = as it is."""
    pairs = (line.partition("=") for line in file.read_text().splitlines())
    return {name: value for name, _, value in pairs}


def full_environment(service: str, command: str) -> dict[str, str]:
    """What the process sees. Raises FileNotFoundError before the first `make up`."""
    directory = ROOT / ".local" / "environments"
    own = read_environment(directory / f"{service}.env")
    of_process = directory / f"{service}-{command}.env"
    if of_process.exists():
        own |= read_environment(of_process)
    marks = {MARK: os.environ[MARK]} if MARK in os.environ else {}
    return {**passed_on(), "HOME": os.environ.get("HOME", "/"), **marks, **own}


def refusal(service: str, missing: str) -> str:
    """Why there are no settings: a slip of the fingers, or nothing was started yet."""
    from local_stack.catalogue import SERVICES  # costs a good part of a second, which no start shall wait for

    known = [row.name for row in SERVICES]
    if service not in known:
        return f"error: there is no service {service!r}: one of {', '.join(known)}."
    return f"error: {missing} is not there: run `make up` first."


def main(arguments: list[str]) -> None:
    """Replace this process."""
    service, command, *rest = arguments
    try:
        environment = full_environment(service, command)
    except FileNotFoundError as error:
        sys.exit(refusal(service, error.filename))
    os.execve(sys.executable, [sys.executable, "-m", service, command, *rest], environment)


if __name__ == "__main__":
    main(sys.argv[1:])
