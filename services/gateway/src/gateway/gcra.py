"""The generic cell rate algorithm: a quota that is given back evenly, so that no moment lets twice as much through.

All a key holds is one instant, the theoretical arrival time: when it would be whole again. Times are microseconds in
integers, here and in the script of `redis_gateway`, which decides the same way.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

SECOND: Final = 1_000_000
_MOST_KEYS = 100_000


@dataclass(frozen=True)
class Limit:
    """At most `requests` in `seconds` for one `key`; `name` is what the caller is told it is called."""

    name: str
    key: str
    requests: int
    seconds: int

    @cached_property
    def window(self) -> int:
        """Microseconds in which the whole quota comes back."""
        return self.seconds * SECOND

    @cached_property
    def policy(self) -> str:
        """As `RateLimit-Policy` says it."""
        return f'"{self.name}";q={self.requests};w={self.seconds}'

    @cached_property
    def interval(self) -> int:
        """Microseconds after which one more request may come."""
        return max(1, self.window // self.requests)


class Standing(NamedTuple):
    """How a key stands after a request was asked for. `ahead` and `wait` are microseconds.

    `ahead` is until the quota is whole again; `wait` until such a request would be let through, 0 if this one was.
    """

    limit: Limit
    ahead: int
    wait: int

    @property
    def remaining(self) -> int:
        """How many more may come at once."""
        return max(0, (self.limit.window - self.ahead) // self.limit.interval)


class LocalCounts:
    """The same decision for this process alone, while there is no Redis. Bounded: the key unused longest is dropped."""

    def __init__(self, most_keys: int = _MOST_KEYS) -> None:
        self._most_keys = most_keys
        self._arrivals: OrderedDict[str, int] = OrderedDict()

    def take(self, limits: Sequence[Limit], now: int) -> list[Standing]:
        """Count one request on all limits, or on none if one of them refuses it."""
        arrivals = [max(self._arrivals.get(limit.key, now), now) for limit in limits]
        waits = [
            max(0, arrival + limit.interval - limit.window - now)
            for limit, arrival in zip(limits, arrivals, strict=True)
        ]
        if any(waits):
            return [
                Standing(limit, arrival - now, wait)
                for limit, arrival, wait in zip(limits, arrivals, waits, strict=True)
            ]
        return [
            self._count(limit, arrival + limit.interval, now) for limit, arrival in zip(limits, arrivals, strict=True)
        ]

    def _count(self, limit: Limit, arrival: int, now: int) -> Standing:
        self._arrivals[limit.key] = arrival
        self._arrivals.move_to_end(limit.key)
        if len(self._arrivals) > self._most_keys:
            self._arrivals.popitem(last=False)
        return Standing(limit, arrival - now, 0)
