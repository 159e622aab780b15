"""What happens around each request, the same for both clients: who asks, its key, when to try again."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from objectalabs.credentials import REFRESH_PATH, Credentials, Session
from objectalabs.errors import problem_of, retry_after

_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_PASSING = frozenset({429, 502, 503, 504})


@dataclass(frozen=True)
class Patience:
    """How often a request is tried and how long each pause may be, in seconds. Pauses grow and are random."""

    attempts: int = 4
    first_pause: float = 0.2
    longest_pause: float = 30.0

    def pause(self, attempt: int, response: httpx.Response | None) -> float:
        """Before the attempt after `attempt`, counted from 1. What the API asks for, else full jitter."""
        asked = retry_after(response) if response is not None else None
        if asked is not None:
            return min(asked, self.longest_pause)
        return random.uniform(0, min(self.first_pause * 2**attempt, self.longest_pause))  # noqa: S311 - no secret


@dataclass
class Attempt:
    """One request on its way, over all its tries."""

    method: str
    url: str
    options: dict[str, Any]
    credentials: Credentials | None
    patience: Patience
    tries: int = 0
    renewed: bool = False
    key: str = field(default_factory=lambda: str(uuid4()))

    def __post_init__(self) -> None:
        self.method = self.method.upper()

    def headers(self) -> dict[str, str]:
        """Those of this try: the key stays the same, the token may have been renewed."""
        given: Mapping[str, str] = self.options.get("headers") or {}
        found = dict(given)
        if self.credentials is not None:
            found["Authorization"] = self.credentials.header()
        if self.method in _WRITES:
            found.setdefault("Idempotency-Key", self.key)
        return found

    def request(self) -> dict[str, Any]:
        """The arguments of httpx's `request`."""
        self.tries += 1
        return {**self.options, "method": self.method, "url": self.url, "headers": self.headers()}

    def pause(self, outcome: httpx.Response | httpx.TransportError) -> float | None:
        """Seconds to wait before the next try; None where the outcome is to be taken as it is."""
        response = outcome if isinstance(outcome, httpx.Response) else None
        if self.tries >= self.patience.attempts or (response is not None and response.status_code not in _PASSING):
            return None
        return self.patience.pause(self.tries, response)

    def refresh(self, outcome: httpx.Response | httpx.TransportError) -> Session | None:
        """The session to renew before trying again, once, where its access token was refused."""
        refused = isinstance(outcome, httpx.Response) and outcome.status_code == httpx.codes.UNAUTHORIZED
        session = self.credentials
        if not refused or self.renewed or not isinstance(session, Session) or session.refresh_token is None:
            return None
        self.renewed = True
        return session


def outcome_of(outcome: httpx.Response | httpx.TransportError) -> httpx.Response:
    """The answer, if it is one of success. Raises ApiProblem, or httpx.TransportError."""
    if isinstance(outcome, httpx.TransportError):
        raise outcome
    if outcome.is_success:
        return outcome
    raise problem_of(outcome)


def refresh_request(session: Session) -> dict[str, Any]:
    """Asks for a new pair of tokens; repeating it within 30 seconds is harmless."""
    return {"method": "POST", "url": REFRESH_PATH, "json": {"refresh_token": session.refresh_token}}
