"""How often an operation may be asked for, where the usual limits are too wide. Services declare, the gateway keeps.

It stands in the service's OpenAPI document as `x-rate-limit`: a list, each item with `requests`, `seconds`, `by`.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `requests` in `seconds`, counted for each network address, caller (user or key) or organization."""

    requests: int
    seconds: int
    by: Literal["address", "caller", "organization"]

    def __post_init__(self) -> None:
        if self.requests < 1 or self.seconds < 1:
            raise ValueError("a rate limit lets at least one request through in a second or more")

    def described(self) -> dict[str, Any]:
        """As JSON values, for the document."""
        return asdict(self)


RateLimits = tuple[RateLimit, ...] | None
"""Further limits of one operation; None: it is not limited at all, e.g. because a vendor's signature guards it."""
