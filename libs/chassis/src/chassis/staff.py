"""Verifying staff tokens: another audience, another issuer, other keys than customers'; and the session behind each."""

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web
from pydantic import ValidationError

from chassis.auth import KeySource
from chassis.callers import StaffCaller
from chassis.clock import Clock, SystemClock
from chassis.problems import Unauthorized, permission_denied
from chassis.tokens import TokenExpired, TokenRefused, key_id, open_token
from contracts.permissions import AdminPermission, admin_permissions_of
from contracts.tokens import ADMIN_ISSUER, AdminClaims

log = logging.getLogger(__name__)

SECOND_FACTOR = "otp"
Holds = Callable[[StaffCaller], Awaitable[bool]]
OnRefused = Callable[[StaffCaller, AdminPermission, web.Request], Awaitable[None]]


class StaffAuthenticator:
    """From a bearer token to a `StaffCaller`.

    `holds` says whether the session behind a genuine token still stands, with the role that the token names; it is
    asked at every request, so a sign-out and a change of role count at once. `on_refused` hears of each request that
    lacked its permission, before it is answered.
    """

    def __init__(
        self, keys: KeySource, holds: Holds, *, on_refused: OnRefused | None = None, clock: Clock | None = None
    ) -> None:
        self._keys = keys
        self._holds = holds
        self._on_refused = on_refused
        self._clock = clock or SystemClock()

    async def authenticate(self, token: str) -> StaffCaller:
        """The caller. Raises Unauthorized (`token_invalid`, `token_expired`, `session_ended`) or Unavailable."""
        caller = await self.verify(token)
        if not await self._holds(caller):
            raise Unauthorized("session_ended", "This sign-in has ended: sign in again.")
        return caller

    async def require(self, caller: StaffCaller, permission: AdminPermission, request: web.Request) -> None:
        """Raises Forbidden for a role that lacks the permission."""
        if permission in caller.permissions:
            return
        if self._on_refused is not None:
            await self._on_refused(caller, permission, request)
        raise permission_denied(permission.value)

    async def verify(self, token: str) -> StaffCaller:
        """Signature, issuer, audience, times and the second factor only."""
        try:
            key = await self._keys.find(key_id(token))
            if key is None:
                raise TokenRefused("no such key")
            claims = AdminClaims.model_validate(open_token(token, key, now=self._clock.now().timestamp()))
            if claims.iss != ADMIN_ISSUER or SECOND_FACTOR not in claims.amr:
                raise TokenRefused("another issuer, or no second factor")
            return _caller(claims)
        except TokenExpired:
            raise Unauthorized("token_expired", "The token has expired; refresh it.") from None
        except (TokenRefused, ValidationError, ValueError) as error:
            log.info("staff token refused", extra={"reason": type(error).__name__})
            raise Unauthorized("token_invalid", "The token is not one we accept.") from None


def _caller(claims: AdminClaims) -> StaffCaller:
    return StaffCaller(
        staff_id=claims.sub,
        role=claims.role,
        permissions=frozenset(admin_permissions_of(claims.role)),
        session_id=claims.sid,
        authenticated_at=claims.auth_time,
        expires_at=claims.exp,
    )
