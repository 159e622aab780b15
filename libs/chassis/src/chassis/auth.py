"""Verifying customers' tokens: signature, audience, times, revocation. Every service does it itself."""

import asyncio
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Iterable
from typing import Protocol
from uuid import UUID

import aiohttp
from pydantic import ValidationError

from chassis.callers import Caller, ServiceCaller
from chassis.clock import Clock, SystemClock
from chassis.keys import VerifyingKey
from chassis.problems import Unauthorized, Unavailable
from chassis.revocations import Revocation, Revocations
from chassis.tokens import TokenExpired, TokenRefused, key_id, open_token
from contracts.permissions import permissions_of
from contracts.tokens import ISSUER, AccessClaims

__all__ = [
    "Authenticator",
    "Caller",
    "KeySource",
    "LocalKeys",
    "RemoteKeys",
    "Revocation",
    "Revocations",
    "ServiceCaller",
]

log = logging.getLogger(__name__)

CACHED_TOKENS = 10_000
REFETCH_SECONDS = 5.0
RETRY_SECONDS = 0.5
REFRESH_SECONDS = 300.0


class KeySource(Protocol):
    """Where public keys come from."""

    async def find(self, kid: str) -> VerifyingKey | None:
        """The key, or None if there is none of that id. Raises Unavailable if that cannot be said now."""
        ...


class LocalKeys:
    """Keys in hand: teams' own, or a test's."""

    def __init__(self, keys: Iterable[VerifyingKey]) -> None:
        self._keys = {key.kid: key for key in keys}

    async def find(self, kid: str) -> VerifyingKey | None:
        return self._keys.get(kid)


class RemoteKeys:
    """A JWKS over HTTP, cached; fetched again for an unknown `kid`, at most every five seconds."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self._keys: dict[str, VerifyingKey] = {}
        self._tried_at = self._fetched_at = float("-inf")
        self._lock = asyncio.Lock()

    async def find(self, kid: str) -> VerifyingKey | None:
        if self._wants_fetch(kid):
            async with self._lock:
                if self._wants_fetch(kid):
                    await self._try_fetch()
        if kid not in self._keys and self._failed:
            raise Unavailable(
                "authentication_unavailable", "Sign-in cannot be checked right now.", headers={"Retry-After": "2"}
            )
        return self._keys.get(kid)

    @property
    def _failed(self) -> bool:
        return self._fetched_at < self._tried_at

    def _wants_fetch(self, kid: str) -> bool:
        now = asyncio.get_running_loop().time()
        if kid in self._keys and now - self._fetched_at <= REFRESH_SECONDS:
            return False
        return now - self._tried_at >= (RETRY_SECONDS if self._failed else REFETCH_SECONDS)

    async def _try_fetch(self) -> None:
        """Those who waited for the outcome meanwhile share it, also a failure."""
        try:
            self._keys = await self._fetch()
            self._tried_at = self._fetched_at = asyncio.get_running_loop().time()
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError, KeyError, TypeError, AttributeError) as error:
            self._tried_at = asyncio.get_running_loop().time()
            log.warning("cannot fetch the public keys", extra={"reason": f"{type(error).__name__} {error}"})

    async def _fetch(self) -> dict[str, VerifyingKey]:
        timeout = aiohttp.ClientTimeout(total=3)
        async with self._session.get(self._url, timeout=timeout, raise_for_status=True) as response:
            document = await response.json()
        keys = [VerifyingKey.from_jwk(jwk) for jwk in document["keys"]]
        return {key.kid: key for key in keys}


class Authenticator:
    """From a bearer token to a `Caller`; verified tokens are remembered by their SHA-256 until they expire.

    Revocation is looked up on every request, also for a remembered token, so nothing has to be invalidated.
    """

    def __init__(
        self, keys: KeySource, revocations: Revocations, *, audience: str = "customer", clock: Clock | None = None
    ) -> None:
        self._keys = keys
        self.revocations = revocations
        self._audience = audience
        self._clock = clock or SystemClock()
        self._verified: OrderedDict[bytes, Caller] = OrderedDict()

    async def authenticate(self, token: str) -> Caller:
        """The caller. Raises Unauthorized (`token_invalid`, `token_expired`, `token_revoked`) or Unavailable."""
        caller = await self.verify(token)
        await self.revocations.admit(token, caller)
        return caller

    async def verify(self, token: str) -> Caller:
        """Signature, audience and times only; for teams' own answer to whether a token still holds."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        caller = self._verified.get(digest)
        if caller is None:
            caller = await self._open(token)
            self._remember(digest, caller)
        elif caller.expires_at <= self._clock.now().timestamp():
            del self._verified[digest]
            raise _expired()
        else:
            self._verified.move_to_end(digest)
        return caller

    def _remember(self, digest: bytes, caller: Caller) -> None:
        self._verified[digest] = caller
        if len(self._verified) > CACHED_TOKENS:
            self._verified.popitem(last=False)

    async def _open(self, token: str) -> Caller:
        try:
            key = await self._keys.find(key_id(token))
            if key is None:
                raise TokenRefused("no such key")
            claims = AccessClaims.model_validate(open_token(token, key, now=self._clock.now().timestamp()))
            if claims.iss != ISSUER or claims.aud != self._audience:
                raise TokenRefused("another issuer or audience")
            return _caller(claims)
        except TokenExpired:
            raise _expired() from None
        except (TokenRefused, ValidationError, ValueError) as error:
            log.info("token refused", extra={"reason": type(error).__name__})
            raise Unauthorized("token_invalid", "The token is not one we accept.") from None


def _expired() -> Unauthorized:
    return Unauthorized("token_expired", "The token has expired; refresh it.")


def _caller(claims: AccessClaims) -> Caller:
    return Caller(
        user_id=claims.sub,
        org_id=claims.org,
        role=claims.role,
        permissions=_permissions(claims),
        session_id=claims.sid,
        actor=f"api_key:{claims.sub}" if claims.kind == "api_key" else f"user:{claims.sub}",
        issued_at=claims.iat,
        expires_at=claims.exp,
        behind=_behind(claims),
        account=claims.account,
        custom_roles=claims.roles or (),
        mfa_due=bool(claims.mfa_due),
        suspended=bool(claims.suspended),
        quota=claims.quota,
    )


def _behind(claims: AccessClaims) -> UUID | None:
    if claims.kind == "api_key" and claims.behind is None:
        raise TokenRefused("a key without anybody behind it")
    return claims.behind if claims.kind == "api_key" else None


def _permissions(claims: AccessClaims) -> frozenset[str]:
    """A built-in role's come from the matrix, whatever the token lists; a custom role's and a key's from the token."""
    if claims.kind == "api_key" and claims.org is not None:
        return frozenset(claims.permissions or ())
    if claims.org is None or claims.role is None:
        return frozenset()
    try:
        return frozenset(permissions_of(claims.role))
    except ValueError:
        if claims.permissions is None:
            raise TokenRefused("a role we do not know, without permissions") from None
        return frozenset(claims.permissions)
