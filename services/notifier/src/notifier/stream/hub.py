"""All sockets of this node: who is where, who is told what, who has to leave."""

import asyncio
import logging
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from uuid import UUID

from chassis import telemetry
from chassis.problems import TooManyRequests
from chassis.revocations import Revocation
from notifier import metrics
from notifier.live import Invalidation, Push, Signal
from notifier.stream import frames
from notifier.stream.client import Client, Seat

COMEBACK_MS = (200, 5_000)

CatchUp = Callable[[Client], Awaitable[None]]

log = logging.getLogger(__name__)


class Hub:
    """Keeps the sockets; `catch_up` reads from the database what a socket has not seen up to its `wanted` cursor."""

    def __init__(self, catch_up: CatchUp, *, per_user: int, per_address: int) -> None:
        self._catch_up = catch_up
        self._per_user = per_user
        self._per_address = per_address
        self._by_user: defaultdict[UUID, set[Client]] = defaultdict(set)
        self._by_organization: defaultdict[UUID, set[Client]] = defaultdict(set)
        self._by_address: defaultdict[str, set[Client]] = defaultdict(set)
        self._tasks: set[asyncio.Task[None]] = set()
        self.draining = False

    @property
    def clients(self) -> list[Client]:
        """Everybody, at this moment."""
        return [client for clients in self._by_user.values() for client in clients]

    @property
    def users(self) -> list[UUID]:
        """Whose sockets are here."""
        return list(self._by_user)

    @property
    def organizations(self) -> list[UUID]:
        """Whose members' sockets are here."""
        return list(self._by_organization)

    def make_room(self, seat: Seat) -> None:
        """Raise TooManyRequests if the person or the address holds enough sockets here already."""
        if self.draining:
            raise TooManyRequests("going_away", "This node is closing.", headers={"Retry-After": "1"})
        for held, most in (
            (self._by_user.get(seat.user_id, ()), self._per_user),
            (self._by_address.get(seat.address, ()), self._per_address),
        ):
            if len(held) >= most:
                raise TooManyRequests("too_many_sockets", "Close another tab first.", headers={"Retry-After": "30"})

    def join(self, client: Client) -> None:
        """From now on the client hears of what happens."""
        for index, key in self._places(client.seat):
            index[key].add(client)

    def leave(self, client: Client) -> None:
        """The client's socket has ended."""
        for index, key in self._places(client.seat):
            index[key].discard(client)
            if not index[key]:
                del index[key]

    def _places(self, seat: Seat) -> Iterable[tuple[defaultdict[object, set[Client]], object]]:
        return (  # type: ignore[return-value]
            (self._by_user, seat.user_id),
            (self._by_organization, seat.org_id),
            (self._by_address, seat.address),
        )

    def deliver(self, signal: Signal) -> None:
        """What the node's channel brought."""
        if isinstance(signal, Push):
            with telemetry.span("stream.push", parent=signal.traceparent):
                self._push(signal)
        else:
            self._invalidate(signal)

    def _push(self, push: Push) -> None:
        for client in tuple(self._by_user.get(push.user_id, ())):
            if push.cursor == client.seen + 1 and not client.catching_up:
                client.seen = push.cursor
                if client.seat.sees(push.org_id):
                    client.cursor = push.cursor
                    client.offer(push.frame)
                    metrics.PUSHED.labels("live").inc()
            else:
                self.want(client, push.cursor)

    def want(self, client: Client, cursor: int) -> None:
        """The reader's newest cursor is at least this: fetch what lies between, unless that is under way."""
        client.wanted = max(client.wanted, cursor)
        if client.wanted > client.seen and not client.catching_up:
            client.catching_up = True
            task = asyncio.get_running_loop().create_task(self.catch_up(client))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def catch_up(self, client: Client) -> None:
        """Fetch until nothing is wanted any more; what the database refuses now, the next heartbeat asks for again."""
        client.catching_up = True
        try:
            while client.open and client.wanted > client.seen:
                await self._catch_up(client)
        except Exception:
            log.exception("a socket could not catch up")
        finally:
            client.catching_up = False

    def _invalidate(self, signal: Invalidation) -> None:
        frame = frames.invalidate(signal.topics)
        held = self._by_organization.get(signal.org_id) if signal.org_id else self._by_user.get(signal.user_id)  # type: ignore[arg-type]
        for client in tuple(held or ()):
            client.offer(frame)

    def revoke(self, revocation: Revocation) -> None:
        """Dismiss every socket whose token no longer holds."""
        affected = self._by_user.get(revocation.user_id, ()) if revocation.user_id else self.clients
        for client in tuple(affected):
            if revocation.covers(client.seat.caller):
                client.dismiss("revoked", None)

    def beat(self, tops: dict[UUID, int], now: float) -> None:
        """One heartbeat: expired tokens leave, gaps are filled, everybody hears a ping. `now` in epoch seconds."""
        for client in self.clients:
            if client.seat.caller.expires_at <= now:
                client.dismiss("token_expired", _comeback())
                continue
            self.want(client, tops.get(client.seat.user_id, 0))
            if client.welcomed:
                client.offer(frames.ping(client.cursor))

    def dismiss_all(self) -> None:
        """The node closes: everybody is asked to come back at a moment of their own."""
        self.draining = True
        for client in self.clients:
            client.dismiss("going_away", _comeback())


def _comeback() -> int:
    """Milliseconds, spread so that a thousand clients do not return at once."""
    return random.randint(*COMEBACK_MS)  # noqa: S311 - spreads load, guards nothing
