"""Sheds load before it buries the gateway: by what is in hand, and by how late the event loop is."""

import asyncio

from chassis.problems import Unavailable
from gateway.metrics import LAG, SHED

_LOOK_EVERY_SECONDS = 0.05
_CALM = 0.5
"""How far below its bounds a process that is late must have come before it takes everything again."""


class Overload:
    """One a process. `run` measures; as a context it is taken before anything is done for a request.

    A loop that is late serves requests whose callers have given up. While it is late, only as many are in hand as
    `most_while_late`; beyond `most_in_hand` nothing is taken, late or not.
    """

    def __init__(self, *, most_in_hand: int, most_while_late: int, lag_seconds: float) -> None:
        self._most_in_hand = most_in_hand
        self._most_while_late = most_while_late
        self._lag_seconds = lag_seconds
        self._in_hand = 0
        self.late = False
        self.lag = 0.0

    def __enter__(self) -> None:
        """Around each request. Raises Unavailable `overloaded` when one more is too many."""
        if self._in_hand >= (self._most_while_late if self.late else self._most_in_hand):
            SHED.labels("lag" if self.late else "in_hand").inc()
            raise Unavailable("overloaded", "Too much is going on here; try again.", headers={"Retry-After": "1"})
        self._in_hand += 1

    def __exit__(self, *_: object) -> None:
        self._in_hand -= 1

    def measured(self, lag: float) -> None:
        """The loop was this many seconds later than asked for."""
        self.lag = lag
        LAG.set(lag)
        self.late = lag > (self._lag_seconds * _CALM if self.late else self._lag_seconds)

    async def run(self) -> None:
        """Measures until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            asked = clock() + _LOOK_EVERY_SECONDS
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            self.measured(max(0.0, clock() - asked))
