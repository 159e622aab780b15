"""A service's `migrate`, `topology apply` and `openapi` in one process, since most of each is starting Python.

Usage: python -m local_stack.prepare SERVICE DOCUMENT [COMMAND …], with the service's settings in the environment.
"""

import contextlib
import importlib
import io
import sys
from collections.abc import Sequence
from pathlib import Path

from chassis.lifecycle import Service, main


def run(service: Service, *arguments: str) -> str:
    """Run one command of the service's own command line; returns what it printed. Exits as it does if it fails."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            main(service, arguments)
    except SystemExit as end:
        if end.code:
            raise
    return printed.getvalue()


def prepare(name: str, document: Path, own: Sequence[str] = ()) -> None:
    """Schema, queues, the service's `own` commands, and the OpenAPI document.

    The document is only written if it changed: the gateway starts anew if so.
    """
    service: Service = importlib.import_module(f"{name}.app").SERVICE
    for arguments in (("migrate",), ("topology", "apply"), *(command.split() for command in own)):
        run(service, *arguments)
    text = run(service, "openapi")
    if not document.exists() or document.read_text() != text:
        document.write_text(text)


if __name__ == "__main__":
    prepare(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
