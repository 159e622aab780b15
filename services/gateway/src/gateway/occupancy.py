"""How many of something each key holds at this moment."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from chassis.problems import TooManyRequests


class Occupancy:
    """A bound per key on what is held at once. Single-threaded: it lives on one event loop."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: Counter[str] = Counter()

    @contextmanager
    def hold(self, key: str | None) -> Iterator[None]:
        """One more for the key while the block runs; None is not counted. Raises TooManyRequests at the bound."""
        if key is None:
            yield
            return
        if self._held[key] >= self._limit:
            raise TooManyRequests(
                "too_many_streams", f"At most {self._limit} sockets may be open at once.", headers={"Retry-After": "5"}
            )
        self._held[key] += 1
        try:
            yield
        finally:
            self._held[key] -= 1
            if not self._held[key]:
                del self._held[key]
