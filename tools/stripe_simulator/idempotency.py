"""Idempotency keys: the first answer to a key is the answer to all later requests with it, for a day."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from stripe_simulator.errors import StripeError

_KEPT_SECONDS = 86_400
_MAX_LENGTH = 255


@dataclass(frozen=True)
class Answer:
    """What a request was answered with."""

    status: int
    body: bytes
    request_id: str


@dataclass
class _Entry:
    fingerprint: str
    created: float
    answer: Answer | None = None


class IdempotencyKeys:
    """The keys seen in the last 24 hours of the simulator's time."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    def begin(self, key: str, method: str, path: str, params: dict[str, Any], now: float) -> Answer | None:
        """The answer to replay, or None: then the request is to be carried out, and `finish` or `forget` called.

        Raises idempotency_error: 400 for a key used for another request, 409 while the first request still runs.
        """
        if len(key) > _MAX_LENGTH:
            raise StripeError(400, "idempotency_error", f"Idempotency keys have at most {_MAX_LENGTH} characters")
        self._prune(now)
        fingerprint = f"{method} {path} {json.dumps(params, sort_keys=True)}"
        entry = self._entries.get(key)
        if entry is None:
            self._entries[key] = _Entry(fingerprint, now)
            return None
        if entry.fingerprint != fingerprint:
            message = f"Keys can only be used again for the same request with the same parameters ('{key}')"
            raise StripeError(400, "idempotency_error", message)
        if entry.answer is None:
            message = f"Another request with this key is still in progress ('{key}')"
            raise StripeError(409, "idempotency_error", message, code="idempotency_key_in_use")
        return entry.answer

    def finish(self, key: str, answer: Answer) -> None:
        """Keep the answer."""
        self._entries[key].answer = answer

    def forget(self, key: str) -> None:
        """The request was never carried out: the key is free."""
        self._entries.pop(key, None)

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()

    def dump(self) -> list[dict[str, Any]]:
        """The answers that are kept, as JSON; what is in progress is left out."""
        return [
            {
                "key": key,
                "fingerprint": entry.fingerprint,
                "created": entry.created,
                "answer": {**asdict(entry.answer), "body": entry.answer.body.decode()},
            }
            for key, entry in self._entries.items()
            if entry.answer is not None
        ]

    def restore(self, entries: list[dict[str, Any]]) -> None:
        """Take over what `dump` gave."""
        for entry in entries:
            answer = Answer(**{**entry["answer"], "body": entry["answer"]["body"].encode()})
            self._entries[entry["key"]] = _Entry(entry["fingerprint"], entry["created"], answer)

    def _prune(self, now: float) -> None:
        while self._entries:
            key, entry = next(iter(self._entries.items()))
            if now - entry.created < _KEPT_SECONDS:
                return
            del self._entries[key]
