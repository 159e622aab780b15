"""The simulator's time: the real one, until it is moved. It never runs backwards."""

import time

from stripe_simulator.errors import invalid


class Clock:
    """Seconds since 1970, shifted by what the tests moved it."""

    def __init__(self, ahead: float = 0.0) -> None:
        self.ahead = ahead
        self._frozen_at: float | None = None

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.ahead if self._frozen_at is None else self._frozen_at

    def move_to(self, moment: float) -> None:
        """Jump ahead. Raises StripeError when the moment has passed."""
        now = self.now()
        if moment < now:
            raise invalid("the clock cannot be moved back", param="to")
        self.ahead += moment - now
        if self._frozen_at is not None:
            self._frozen_at = moment

    def freeze(self) -> None:
        """Stand still until `run`."""
        self._frozen_at = self.now()

    def run(self) -> None:
        """Go on from where it stands."""
        if self._frozen_at is not None:
            self.ahead = self._frozen_at - time.time()
            self._frozen_at = None

    def reset(self) -> None:
        """Back to the real time; only for a simulator that has forgotten everything."""
        self.ahead, self._frozen_at = 0.0, None

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""
        return self._frozen_at is not None
