"""What goes wrong, as the API says it (RFC 9457)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class WrongField:
    """A field that was refused: a JSON pointer into the body or a parameter's name, a stable code, a sentence."""

    pointer: str
    code: str
    detail: str


class ApiProblem(Exception):
    """A refusal. `code` is stable and what to decide by; `detail` is for a person; `request_id` is for support;
    `permission` is the one that was missing, where that is why: `/v1/permissions/explain` says who could give it.
    """

    def __init__(self, response: httpx.Response, problem: Mapping[str, Any]) -> None:
        self.status = response.status_code
        self.code = str(problem.get("code", "unexplained"))
        self.detail = str(problem.get("detail", response.reason_phrase))
        self.request_id = str(problem.get("request_id") or response.headers.get("X-Request-Id", ""))
        self.fields = tuple(
            WrongField(one["pointer"], one["code"], one["detail"]) for one in problem.get("errors") or ()
        )
        self.permission: str | None = problem.get("permission")
        self.retry_after = retry_after(response)
        super().__init__(f"{self.status} {self.code}: {self.detail} (request {self.request_id})")


class Refused(ApiProblem):
    """400 or 422: what was sent; `fields` says which part."""


class SignInNeeded(ApiProblem):
    """401: no token, or one that has ended and could not be renewed."""


class NotAllowed(ApiProblem):
    """403: known, and not allowed."""


class NotFound(ApiProblem):
    """404 or 410: absent, gone, or another organization's."""


class Conflicting(ApiProblem):
    """409: the present state does not allow it."""


class Changed(ApiProblem):
    """412: it changed since it was read; read it again."""


class TooFast(ApiProblem):
    """429, still after the retries; `retry_after` is in seconds."""


class Failed(ApiProblem):
    """5xx, still after the retries."""


_KINDS: dict[int, type[ApiProblem]] = {
    400: Refused,
    401: SignInNeeded,
    403: NotAllowed,
    404: NotFound,
    409: Conflicting,
    410: NotFound,
    412: Changed,
    422: Refused,
    429: TooFast,
}


def problem_of(response: httpx.Response) -> ApiProblem:
    """The refusal in an answer that was read; also where something in between answered without explaining."""
    kind = Failed if response.status_code >= 500 else _KINDS.get(response.status_code, ApiProblem)
    explained = response.headers.get("Content-Type", "").startswith("application/problem+json")
    return kind(response, response.json() if explained else {})


def retry_after(response: httpx.Response) -> float | None:
    """Seconds of the Retry-After header; None where there is none (the API never sends a date)."""
    given = response.headers.get("Retry-After", "")
    return float(given) if given.isdecimal() else None
