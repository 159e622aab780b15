"""Whose pages may call: the gateway's own, and those on the allow-list (the Fetch standard's CORS protocol)."""

from collections.abc import Iterable, Sequence

from chassis.problems import Forbidden

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_EXPOSED = (
    "Deprecation, ETag, Idempotency-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, Sunset, X-Request-Id"
)
_ALLOWED_HEADERS = (
    "Accept-Language, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, traceparent, X-Request-Id"
)
_PREFLIGHT_SECONDS = 600


class Origins:
    """The allow-list. An origin is `scheme://host[:port]`, compared exactly; there is no wildcard."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = frozenset(origin.rstrip("/").lower() for origin in allowed)

    def check(self, origin: str | None, *, method: str, own: str) -> None:
        """Raise Forbidden `origin_not_allowed` when a foreign page sends more than a read.

        `own` is the origin the request was made to. Requests without Origin come from no page. A foreign page's read
        is answered without permission to look at the answer, which its browser enforces.
        """
        if origin is None or method in _SAFE or self.knows(origin, own):
            return
        raise not_allowed()

    def knows(self, origin: str, own: str) -> bool:
        """Whether the origin is our own or on the list."""
        return origin.lower() == own.lower() or origin.lower() in self._allowed

    def shared_with(self, origin: str | None) -> dict[str, str]:
        """Response headers by which a page on the list may read the answer; for all others only `Vary`."""
        if not self._allowed:
            return {}
        if origin is None or origin.lower() not in self._allowed:
            return {"Vary": "Origin"}
        return {
            "Vary": "Origin",
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": "true",
            "Access-Control-Expose-Headers": _EXPOSED,
        }


def preflight(methods: Sequence[str]) -> dict[str, str]:
    """What a preflight is told besides whether its origin is welcome."""
    return {
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": _ALLOWED_HEADERS,
        "Access-Control-Max-Age": str(_PREFLIGHT_SECONDS),
    }


def not_allowed() -> Forbidden:
    """The refusal of a foreign page."""
    return Forbidden("origin_not_allowed", "Pages of this origin may not do this.")
