"""Calls between services: each signs with its own key, 60 seconds, for exactly one called service."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import aiohttp
from pydantic import ValidationError

from chassis.callers import ServiceCaller
from chassis.clock import Clock, SystemClock
from chassis.keys import SigningKey, VerifyingKey
from chassis.problems import Unauthorized
from chassis.settings import StartRefused
from chassis.telemetry import current_traceparent
from chassis.tokens import TokenExpired, TokenRefused, key_id, open_token, sign
from contracts.ids import new_id
from contracts.tokens import INTERNAL_TOKEN_SECONDS, InternalClaims

_RENEW_BEFORE_SECONDS = 20


class PeerUnavailable(ConnectionError):
    """The called service did not answer, or not with what was agreed."""


class PeerRefused(PeerUnavailable):
    """The called service is there and said no."""

    def __init__(self, service: str, path: str, status: int) -> None:
        super().__init__(f"{service} answered {status} to {path}")
        self.status = status


class InternalSigner:
    """Makes this service's tokens for others; one is reused while it has 20 seconds left."""

    def __init__(self, service: str, key: str, clock: Clock | None = None) -> None:
        self.service = service
        self._key = SigningKey.parse(key)
        self._clock = clock or SystemClock()
        self._made: dict[str, tuple[float, str]] = {}

    def token(self, audience: str) -> str:
        """A token for the called service."""
        now = self._clock.now().timestamp()
        expires, token = self._made.get(audience, (0.0, ""))
        if expires - now < _RENEW_BEFORE_SECONDS:
            expires = int(now) + INTERNAL_TOKEN_SECONDS
            token = sign(self._key, self._claims(audience, int(now), int(expires)))
            self._made[audience] = expires, token
        return token

    def _claims(self, audience: str, issued: int, expires: int) -> InternalClaims:
        return InternalClaims(iss=self.service, aud=audience, iat=issued, exp=expires, jti=UUID(str(new_id())))


class InternalVerifier:
    """Believes the services whose public keys the settings list, each under its own name only."""

    def __init__(self, trusted_services: Mapping[str, str], audience: str, clock: Clock | None = None) -> None:
        self._audience = audience
        self._clock = clock or SystemClock()
        self._keys = dict(_trusted(trusted_services))

    def verify(self, token: str) -> ServiceCaller:
        """Who calls. Raises Unauthorized."""
        try:
            service, key = self._keys[key_id(token)]
            claims = InternalClaims.model_validate(open_token(token, key, now=self._clock.now().timestamp()))
        except TokenExpired:
            raise Unauthorized("token_expired", "The token has expired.") from None
        except (TokenRefused, KeyError, ValidationError):
            raise Unauthorized("token_invalid", "The token is not one we accept.") from None
        if claims.iss != service or claims.aud != self._audience:
            raise Unauthorized("token_invalid", "The token is not one we accept.")
        return ServiceCaller(service)


def _trusted(services: Mapping[str, str]) -> list[tuple[str, tuple[str, VerifyingKey]]]:
    found = []
    for service, text in services.items():
        try:
            key = VerifyingKey.parse(text)
        except ValueError as error:
            raise StartRefused(f"TRUSTED_SERVICES: the key of {service} is {error}") from None
        found.append((key.kid, (service, key)))
    return found


class InternalClient:
    """HTTP to one other service, with a token and the trace in hand. Answers are JSON objects."""

    def __init__(
        self, session: aiohttp.ClientSession, signer: InternalSigner, service: str, url: str, *, seconds: float = 3
    ) -> None:
        self._session = session
        self._signer = signer
        self._service = service
        self._url = url.rstrip("/")
        self._timeout = aiohttp.ClientTimeout(total=seconds)

    async def get(self, path: str) -> dict[str, Any]:
        """Raises PeerUnavailable for anything but a 2xx with a JSON object; its child PeerRefused has a status."""
        return await self._call(self._session.get, path)

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Raises PeerUnavailable for anything but a 2xx with a JSON object; its child PeerRefused has a status."""
        return await self._call(self._session.post, path, json=body)

    async def _call(self, send: Callable[..., Any], path: str, **options: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._signer.token(self._service)}"}
        if traceparent := current_traceparent():
            headers["traceparent"] = traceparent
        try:
            async with send(self._url + path, headers=headers, timeout=self._timeout, **options) as response:
                if response.status >= 300:
                    raise PeerRefused(self._service, path, response.status)
                answer = await response.json()
        except PeerRefused:
            raise
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise PeerUnavailable(f"{self._service} {path}: {type(error).__name__} {error}") from error
        if not isinstance(answer, dict):
            raise PeerUnavailable(f"{self._service} {path}: not an object")
        return answer
