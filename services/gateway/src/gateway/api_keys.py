"""API keys: exchanged at teams for short tokens, which go to the services in the key's place."""

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from chassis.auth import Authenticator, Caller
from chassis.clock import Clock, SystemClock
from chassis.internal import InternalClient, PeerUnavailable
from chassis.problems import Unauthorized, Unavailable
from chassis.requests import bearer_token
from contracts.api_keys import hash_api_key, is_api_key, is_well_formed

T = TypeVar("T")
KEPT_KEYS = 10_000
UNKNOWN_SECONDS = 5.0
_SPENT_BEFORE_SECONDS = 2.0
"""A token this near to its end might not reach the service in time."""
_SCHEME = "Bearer "

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Exchanged:
    token: str
    caller: Caller


class _Answer(BaseModel):
    access_token: str | None
    expires_at: datetime | None


class ApiKeys:
    """Exchanges keys and remembers the tokens by the key's hash until they end or are revoked.

    Only the hash goes to teams: the secret leaves this process nowhere. A key that teams does not know is remembered
    for five seconds. While teams is away, remembered keys go on.
    """

    def __init__(self, teams: InternalClient, authenticator: Authenticator, clock: Clock | None = None) -> None:
        self._teams = teams
        self.authenticator = authenticator
        self._clock = clock or SystemClock()
        self._kept: OrderedDict[bytes, _Exchanged] = OrderedDict()
        self._unknown: OrderedDict[bytes, float] = OrderedDict()
        self._asking: dict[bytes, asyncio.Task[str]] = {}

    async def token_of(self, request: web.BaseRequest) -> str:
        """The request's access token: the one it shows, or the one its API key stands for.

        Raises Unauthorized (`api_key_invalid`, or as `bearer_token`), Unavailable.
        """
        shown = bearer_token(request)
        return await self._exchange(shown) if is_api_key(shown) else shown

    async def _exchange(self, secret: str) -> str:
        if not is_well_formed(secret):
            raise _invalid()
        digest = hash_api_key(secret)
        kept = self._kept.get(digest)
        if kept is not None and self._holds(kept):
            self._kept.move_to_end(digest)
            return kept.token
        if self._unknown.get(digest, 0.0) > self._now():
            raise _invalid()
        asking = self._asking.get(digest)
        if asking is None:
            asking = self._asking[digest] = asyncio.create_task(self._ask(digest))
            asking.add_done_callback(lambda _: self._asking.pop(digest, None))
        # Whoever asked first may go away; the others wait for the same answer.
        return await asyncio.shield(asking)

    def _holds(self, kept: _Exchanged) -> bool:
        over = kept.caller.expires_at - _SPENT_BEFORE_SECONDS <= self._now()
        return not over and not self.authenticator.revocations.refuses(kept.caller)

    async def _ask(self, digest: bytes) -> str:
        self._kept.pop(digest, None)
        try:
            answer = _Answer.model_validate(
                await self._teams.post("/internal/v1/api-keys/exchange", {"hash": digest.hex()})
            )
        except (PeerUnavailable, ValidationError) as error:
            log.warning("an API key cannot be exchanged", extra={"reason": type(error).__name__})
            raise Unavailable(
                "authentication_unavailable", "The key cannot be checked right now.", headers={"Retry-After": "2"}
            ) from None
        if answer.access_token is None:
            _keep(self._unknown, digest, self._now() + UNKNOWN_SECONDS)
            raise _invalid()
        caller = await self.authenticator.verify(answer.access_token)
        _keep(self._kept, digest, _Exchanged(answer.access_token, caller))
        return answer.access_token

    def _now(self) -> float:
        return self._clock.now().timestamp()


def authorization(given: str | None, token: str | None) -> str | None:
    """What a service gets to see for a request's Authorization: the token. Without one, at least no API key passes."""
    if token is not None:
        return _SCHEME + token
    return None if given is None or is_api_key(given.rpartition(" ")[2]) else given


def _keep(kept: OrderedDict[bytes, T], digest: bytes, value: T) -> None:
    """The least recently used goes where there are too many."""
    kept[digest] = value
    kept.move_to_end(digest)
    if len(kept) > KEPT_KEYS:
        kept.popitem(last=False)


def _invalid() -> Unauthorized:
    return Unauthorized("api_key_invalid", "This API key does not work: it is mistyped, expired, rotated or revoked.")
