"""Signed tokens (JWT, EdDSA over Ed25519 and nothing else): signing, and opening without believing the header.

Follows RFC 8725: one algorithm, a short allow-list of header fields, no key taken from the token.
"""

import base64
import binascii
import json
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jws import JWSRegistry
from pydantic import BaseModel

from chassis.keys import SigningKey, VerifyingKey

ALGORITHM = "EdDSA"
MAX_TOKEN_BYTES = 8192
CLOCK_SKEW_SECONDS = 30
_HEADER_FIELDS = {"alg", "kid", "typ"}


class _OnlyEdDSA(JWSRegistry):
    """One algorithm. RFC 9864 deprecates the name because it leaves the curve open; `chassis.keys` pins Ed25519."""

    def get_alg(self, name: str) -> Any:
        if name != ALGORITHM:
            raise UnsupportedAlgorithmError(f"{name} is not {ALGORITHM}")
        return self.algorithms[name]


_registry = _OnlyEdDSA()


class TokenRefused(Exception):
    """The token proves nothing; the message is for the log, not for the caller."""


class TokenExpired(TokenRefused):
    """It was good, and its time is over."""


def sign(key: SigningKey, claims: BaseModel) -> str:
    """A compact token over the claims; absent claims are left out."""
    payload = claims.model_dump(mode="json", exclude_none=True)
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, payload, key.key, registry=_registry)


def key_id(token: str) -> str:
    """The `kid` of a token that looks like one of ours. Raises TokenRefused: wrong size, shape, algorithm or header."""
    if len(token) > MAX_TOKEN_BYTES or not token.isascii() or token.count(".") != 2:
        raise TokenRefused("not a compact token of at most 8 KiB")
    header = _json_segment(token.partition(".")[0])
    if header.get("alg") != ALGORITHM or not header.keys() <= _HEADER_FIELDS or header.get("typ", "JWT") != "JWT":
        raise TokenRefused("a header we do not sign")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise TokenRefused("no key id")
    return kid


def open_token(token: str, key: VerifyingKey, *, now: float) -> dict[str, Any]:
    """The claims, once signature and times hold. `now` in seconds. Raises TokenExpired, TokenRefused.

    The caller checks issuer and audience: what they must be depends on who asks.
    """
    try:
        claims = jwt.decode(token, key.key, registry=_registry).claims
    except (JoseError, ValueError) as error:
        raise TokenRefused(f"signature or payload: {error}") from None
    expires, issued = _seconds(claims, "exp"), _seconds(claims, "iat")
    if expires <= now:
        raise TokenExpired("expired")
    latest = max(issued, _seconds(claims, "nbf") if "nbf" in claims else issued)
    if latest > now + CLOCK_SKEW_SECONDS:
        raise TokenRefused("issued in the future")
    return claims


def _seconds(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        raise TokenRefused(f"{name} is missing or no time")
    return value


def _json_segment(segment: str) -> dict[str, Any]:
    try:
        padded = segment + "=" * (-len(segment) % 4)
        header = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise TokenRefused("unreadable header") from None
    if not isinstance(header, dict):
        raise TokenRefused("a header that is no object")
    return header
