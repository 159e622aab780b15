"""Faults on request: the next requests or webhooks that match meet them, then all is normal again."""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

RequestKind = Literal["http_429", "http_500", "slow", "timeout_after_commit", "webhook_before_response"]
WebhookKind = Literal["delay_webhook", "drop_webhook", "duplicate_webhook", "reorder_webhooks"]


class Match(BaseModel):
    """Shell patterns; what is left out matches everything."""

    model_config = ConfigDict(extra="forbid")

    method: str = "*"
    path: str = "*"
    event: str = "*"


class Fault(BaseModel):
    """What happens to the next `count` requests or webhooks that `match`.

    - `http_429`, `http_500`: that answer, and nothing is done.
    - `slow`: the request waits for `seconds` before it is carried out.
    - `timeout_after_commit`: it is carried out, then the connection is cut after `seconds` without an answer.
    - `webhook_before_response`: its webhooks are delivered before it is answered.
    - `duplicate_webhook`: the same event is sent twice at once. `drop_webhook`: it is never sent.
    - `delay_webhook`: it is sent `seconds` later.
    - `reorder_webhooks`: the `count` webhooks are held for `seconds`, then sent newest first; others overtake them.
    """

    model_config = ConfigDict(extra="forbid")

    kind: RequestKind | WebhookKind
    count: int = Field(1, ge=1, le=10_000)
    match: Match = Match()
    seconds: float = Field(1.0, ge=0, le=30 * 86400)


@dataclass
class _Armed:
    fault: Fault
    left: int


class Faults:
    """The faults that are still to happen, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []

    def arm(self, fault: Fault) -> None:
        """Let the next ones meet it."""
        self._armed.append(_Armed(fault, fault.count))

    def clear(self) -> None:
        """Back to normal at once."""
        self._armed.clear()

    def pending(self) -> list[Fault]:
        """Each with the count that is left."""
        return [armed.fault.model_copy(update={"count": armed.left}) for armed in self._armed]

    def for_request(self, kind: RequestKind, method: str, path: str) -> Fault | None:
        """Use up one fault of that kind for this request."""
        return self._take(lambda f: f.kind == kind and _is_of(f.match, method, path))

    def for_webhook(self, event: str) -> Fault | None:
        """Use up one webhook fault for an event of that type."""
        return self._take(lambda f: f.kind.endswith(("_webhook", "_webhooks")) and fnmatchcase(event, f.match.event))

    def _take(self, wanted: Callable[[Fault], bool]) -> Fault | None:
        for armed in self._armed:
            if wanted(armed.fault):
                armed.left -= 1
                if armed.left == 0:
                    self._armed.remove(armed)
                return armed.fault
        return None


def _is_of(match: Match, method: str, path: str) -> bool:
    return fnmatchcase(method, match.method) and fnmatchcase(path, match.path)
