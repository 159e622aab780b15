"""Who takes part: ours and the peers, as the commands of their processes."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from tests.load.events.contestants import NODE, PEERS


@dataclass(frozen=True)
class Contestant:
    """`writer` carries out orders."""

    name: str
    writer: Sequence[str]


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", module]


def _node(program: str, *arguments: str) -> list[str]:
    return [NODE, str(PEERS / program), *arguments]


OURS = Contestant("ours", _python("tests.load.writes.writer"))
OTHERS = (
    Contestant("Node pg, fewest round trips", _node("writes_pg.mjs", "fewest")),
    Contestant("Node pg, as documented", _node("writes_pg.mjs", "documented")),
    Contestant("TypeORM", _node("writes_typeorm.mjs")),
    Contestant("pgbench", _python("tests.load.peers.writes_pgbench")),
)
