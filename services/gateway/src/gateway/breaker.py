"""A circuit breaker per service: a dead or hung service is answered for at once, and costs the others nothing."""

import time
from collections.abc import Callable


class Breaker:
    """Opens after `threshold` failures in a row, for `open_seconds`; then one request tries, and decides.

    A success closes it. Single-threaded: it lives on one event loop. Times are seconds of a monotonic clock.
    """

    def __init__(self, threshold: int, open_seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._threshold = threshold
        self._open_seconds = open_seconds
        self._now = now
        self._failures = 0
        self._opened_at: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether requests are turned away at present."""
        return self._opened_at is not None

    def retry_after(self) -> float:
        """Seconds until the next try is let through; 0 when the breaker is closed."""
        if self._opened_at is None:
            return 0
        return max(0.0, self._opened_at + self._open_seconds - self._now())

    def admits(self) -> bool:
        """Whether a request may go. After the pause exactly one may: the next ones wait for another pause."""
        if self._opened_at is None:
            return True
        if self.retry_after() > 0:
            return False
        self._opened_at = self._now()
        return True

    def succeeded(self) -> None:
        """The service answered, whatever it said."""
        self._failures = 0
        self._opened_at = None

    def failed(self) -> None:
        """The service did not answer."""
        self._failures += 1
        if self._failures >= self._threshold:
            self._opened_at = self._now()
