"""What open sockets are told after a commit. It may get lost: sockets find stored notifications by their cursor."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from chassis.database import Tx


@dataclass(frozen=True)
class Push:
    """A stored notification on its way to its reader's sockets. `frame` is what the sockets send."""

    user_id: UUID
    org_id: UUID | None
    cursor: int
    frame: bytes
    traceparent: str | None


@dataclass(frozen=True)
class Invalidation:
    """Topics to fetch again: for one person's sockets, or for everybody's of an organization."""

    topics: tuple[str, ...]
    user_id: UUID | None = None
    org_id: UUID | None = None


Signal = Push | Invalidation


class Live(Protocol):
    """The way to the nodes that hold the sockets."""

    async def publish(self, signals: Sequence[Signal]) -> None:
        """Hand on in order; never raises for a transport that is away."""
        ...


class NobodyListens:
    """For processes that have no business with sockets, e.g. the replay of a dead letter from the command line."""

    async def publish(self, signals: Sequence[Signal]) -> None:
        """Sockets learn of it at their next heartbeat."""


@dataclass
class _AfterCommit:
    """Everything of one transaction, handed on at once when it holds."""

    live: Live
    signals: list[Signal] = field(default_factory=list)

    async def __call__(self) -> None:
        await self.live.publish(list(dict.fromkeys(self.signals)))


def announce(tx: Tx, live: Live, *signals: Signal) -> None:
    """Tell open sockets once `tx` has committed."""
    waiting = next((call for call in tx.after_commit if isinstance(call, _AfterCommit)), None)
    if waiting is None:
        waiting = _AfterCommit(live)
        tx.after_commit.append(waiting)
    waiting.signals.extend(signals)
