"""Ports: picked free once, remembered in .local/ports.json; the public ones as asked for."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from local_stack.failure import StackFailure
from local_stack.ports import free_port, holder, is_free, next_free_port


@dataclass(frozen=True)
class PublicPort:
    """A port that people type: its name, its usual number, the make variable that asks for another one."""

    name: str
    usual: int
    variable: str


GATEWAY = PublicPort("gateway_http", 8080, "PORT")
MAIL = PublicPort("mail_http", 8025, "MAIL_PORT")
STRIPE = PublicPort("stripe_http", 12111, "STRIPE_PORT")
PUBLIC = (GATEWAY, MAIL, STRIPE)


def remembered_ports(path: Path) -> dict[str, int]:
    """What was chosen before; empty before the first time."""
    remembered: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
    return remembered


def choose(
    path: Path, names: Iterable[str], asked: Mapping[str, str], *, ours: set[int], say: Callable[[str], None]
) -> dict[str, int]:
    """A port for each name: the remembered one unless somebody else took it; `asked` maps a variable to a number.

    `ours` are the ports on which processes of this checkout listen. Raises StackFailure if a port that was asked for
    is taken or is no port.
    """
    remembered = remembered_ports(path)
    chosen: dict[str, int] = {}
    for public in PUBLIC:
        chosen[public.name] = _public(public, remembered.get(public.name), asked.get(public.variable, ""), ours, say)
    for name in names:
        port = remembered.get(name)
        if port is None or not (is_free(port) or port in ours):
            port = free_port({*chosen.values(), *remembered.values()})
        chosen.setdefault(name, port)
    path.write_text(json.dumps(chosen, indent=2))
    return chosen


def _public(
    public: PublicPort,
    remembered: int | None,
    asked: str,
    ours: set[int],
    say: Callable[[str], None],
) -> int:
    if asked:
        return _asked_for(public, asked, ours)
    port = remembered or public.usual
    if is_free(port) or port in ours:
        return port
    instead = next_free_port(port)
    say(f"Port {port} is taken by {holder(port)}; using {instead} (choose with {public.variable}=…).")
    return instead


def _asked_for(public: PublicPort, asked: str, ours: set[int]) -> int:
    if not asked.isdecimal() or not 0 < int(asked) < 65536:
        raise StackFailure(f"{public.variable}={asked} is not a port: give a number from 1 to 65535.")
    port = int(asked)
    if not (is_free(port) or port in ours):
        raise StackFailure(
            f"Port {port} ({public.variable}={port}) is taken by {holder(port)}: stop that, "
            f"or run `make up {public.variable}={next_free_port(port)}`."
        )
    return port
