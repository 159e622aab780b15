"""How a service can fail, as the client is told. What the service said about it is never shown."""

from collections.abc import Mapping
from http import HTTPStatus

from chassis.problems import Problem

PROBLEM = "application/problem+json"
_KEPT = ("Allow", "Retry-After", "WWW-Authenticate")
_STATUSES = frozenset(HTTPStatus)


class ServiceFailed(Problem):
    """502: the service broke off, or what it sent is no HTTP."""

    status = 502


class ServiceTimeout(Problem):
    """504: the service did not answer in time."""

    status = 504


class ServiceError(Problem):
    """An error that the service did not explain: its status (502 for one that HTTP does not know), not its body."""

    def __init__(self, status: int, headers: Mapping[str, str]) -> None:
        kept = {name: headers[name] for name in _KEPT if name in headers}
        super().__init__("service_error", "The service could not do this.", headers=kept)
        self.status = status if status >= 400 and status in _STATUSES else 502
