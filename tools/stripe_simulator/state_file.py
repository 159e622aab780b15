"""The state as one JSON file, replaced as a whole so that a crash leaves the old one or the new one."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from stripe_simulator.idempotency import IdempotencyKeys
from stripe_simulator.world import World

_FORMAT = 1


class StateUnreadable(Exception):
    """The file is not one of ours."""


def load(path: Path, world: World, keys: IdempotencyKeys) -> None:
    """Take over the state that was kept; without a file there is none. Raises StateUnreadable."""
    if not path.exists():
        return
    try:
        state: dict[str, Any] = json.loads(path.read_text())
        if state["format"] != _FORMAT:
            raise StateUnreadable(f"{path} has the format {state['format']}, not {_FORMAT}")
        world.store.tables = state["tables"]
        world.clock.ahead = float(state["clock_ahead"])
        keys.restore(state["idempotency_keys"])
    except (ValueError, KeyError, TypeError) as error:
        raise StateUnreadable(f"{path} is not a state file of the simulator: {error}") from error


def save(path: Path, world: World, keys: IdempotencyKeys) -> None:
    """Replace the file."""
    state = {
        "format": _FORMAT,
        "clock_ahead": world.clock.ahead,
        "tables": world.store.tables,
        "idempotency_keys": keys.dump(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(state, file)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
