"""Who takes part: ours and the peers, as the commands of their processes."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from local_stack.places import ROOT

PEERS = ROOT / "tests" / "load" / "peers"
PEERS_PYTHON = str(ROOT / ".local" / "peers" / "bin" / "python")
NODE = str(ROOT / ".venv" / "bin" / "node")


@dataclass(frozen=True)
class Contestant:
    """`writer` carries out orders; `workers` do all that follows, until the effect is committed."""

    name: str
    writer: Sequence[str]
    workers: Sequence[Sequence[str]]


def _ours(*arguments: str) -> list[str]:
    return [sys.executable, "-m", *arguments]


def _faststream(name: str, *arguments: str) -> list[str]:
    return [PEERS_PYTHON, "-m", f"tests.load.peers.{name}", *arguments]


def _bullmq(*arguments: str) -> list[str]:
    return [NODE, str(PEERS / "bullmq.mjs"), *arguments]


OURS = Contestant(
    "ours",
    _ours("tests.load.events.writer"),
    (
        _ours("tests.load.events.services", "producer", "work"),
        _ours("tests.load.events.services", "consumer", "work"),
    ),
)
OTHERS = (
    Contestant(
        "FastStream, as documented",
        _faststream("faststream_documented", "write"),
        (_faststream("faststream_documented", "consume"),),
    ),
    Contestant(
        "FastStream, our batch SQL",
        _faststream("faststream_batched", "write"),
        (_faststream("faststream_batched", "relay"), _faststream("faststream_batched", "consume")),
    ),
    Contestant("BullMQ, addBulk", _bullmq("write"), (_bullmq("consume"),)),
)
