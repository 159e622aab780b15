"""Containers or processes? STACK=docker|local says; else what ran here last; else Docker where it can work."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from local_stack.compose import images
from local_stack.docker_engine import compose_command, engine_answers, missing_images, registry_answers
from local_stack.failure import StackFailure
from local_stack.fingerprints import Memory
from local_stack.places import Places

Kind = Literal["docker", "local"]
NAMES: dict[Kind, str] = {"docker": "containers", "local": "processes of this machine"}
_REMEMBERED = "stack"


@dataclass(frozen=True)
class Choice:
    """Which, and why: the second half of a sentence."""

    kind: Kind
    why: str


def choose(places: Places) -> Choice:
    """For `up`. Raises StackFailure for a wish that cannot be met."""
    wish = os.environ.get("STACK", "")
    ran = ran_last(places)
    if wish not in ("", "docker", "local"):
        raise StackFailure(f"STACK={wish} is neither docker nor local.")
    if wish and ran and wish != ran:
        raise StackFailure(f"the {NAMES[ran]} of this checkout are there: run `make reset` (or `make up STACK={ran}`).")
    if wish == "local":
        return Choice("local", "STACK=local")
    if ran == "local":
        return Choice("local", "the data of the last `make up` is there (`make reset` forgets it)")
    reason = obstacle(places)
    if wish == "docker" and reason:
        raise StackFailure(f"STACK=docker cannot be: {reason}.")
    if ran == "docker" and reason:
        raise StackFailure(f"the data is in containers, but {reason} (`make reset STACK=local` begins anew without).")
    if reason:
        return Choice("local", reason)
    return Choice("docker", "STACK=docker" if wish else "a Docker engine answers")


def obstacle(places: Places) -> str:
    """Why Docker cannot be used; empty if it can."""
    if not engine_answers():
        return "no Docker engine answers"
    if compose_command() is None:
        return "the Docker engine has no Compose"
    return lacking(missing_images(images(places.root)), registry_answers)


def lacking(missing: Sequence[str], reachable: Callable[[], bool]) -> str:
    """What the missing images stand in the way of; nothing where a registry has them."""
    if missing and not reachable():
        return f"the Docker engine lacks {', '.join(missing)} and reaches no registry"
    return ""


def ran_last(places: Places) -> Kind | None:
    """What the last `make up` used; None before the first one and after a reset."""
    for kind in ("docker", "local"):
        if Memory(places.state).knows(_REMEMBERED, kind):
            return "docker" if kind == "docker" else "local"
    return "local" if (places.engines / "postgres").exists() else None


def remember(places: Places, kind: Kind) -> None:
    """For `make down`, `status`, `logs`, `reset` and the next `up`."""
    Memory(places.state).remember(_REMEMBERED, kind)
