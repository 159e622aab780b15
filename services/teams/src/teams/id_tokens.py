"""ID tokens of strangers: whose key signed one, and whether it speaks to us about this very sign-in.

joserfc checks signatures and times; which algorithms, which key and which claims is decided here (RFC 8725).
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any, Self

from joserfc import jwk, jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry

from teams.domain.sso import SUBJECT_MAX, Provider

SKEW_SECONDS = 60
MAX_TOKEN_BYTES = 64 * 1024
MAX_KEYS = 100

# Signatures by public keys only: with HMAC anybody who reads a public key could sign.
KEY_TYPES = {
    "RS256": "RSA",
    "RS384": "RSA",
    "RS512": "RSA",
    "PS256": "RSA",
    "PS384": "RSA",
    "PS512": "RSA",
    "ES256": "EC",
    "ES384": "EC",
    "ES512": "EC",
    "EdDSA": "OKP",
}
_HASHES = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512, "DSA": hashlib.sha512}
_REGISTRY = JWSRegistry(algorithms=list(KEY_TYPES), strict_check_header=False)


class IdTokenRefused(Exception):
    """The token proves nothing; the message ends a sentence about it."""


@dataclass(frozen=True)
class KeySet:
    """A provider's public keys, as its JWKS lists them; not yet read."""

    keys: tuple[dict[str, Any], ...]

    @classmethod
    def of(cls, document: dict[str, Any]) -> Self:
        """The keys for signatures in a JWKS (RFC 7517); what is none is passed over."""
        listed = document.get("keys")
        keys = [key for key in listed if isinstance(key, dict)] if isinstance(listed, list) else []
        return cls(tuple(key for key in keys[:MAX_KEYS] if key.get("use", "sig") == "sig" and "kty" in key))

    def find(self, id_token: str) -> Any:
        """The key that a token's header names and its algorithm needs; None if there is none, or no telling which.

        Raises IdTokenRefused for a header that is none of ours to believe.
        """
        header = header_of(id_token)
        kty = KEY_TYPES[header["alg"]]
        kid = header.get("kid")
        found = [key for key in self.keys if key["kty"] == kty and kid in (None, key.get("kid"))]
        return _import(found[0]) if len(found) == 1 else None


def header_of(id_token: str) -> dict[str, Any]:
    """The header, if the algorithm is on our list. Raises IdTokenRefused."""
    if len(id_token) > MAX_TOKEN_BYTES or id_token.count(".") != 2:
        raise IdTokenRefused("it is no signed token")
    segment = id_token.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except (ValueError, RecursionError):
        raise IdTokenRefused("its header cannot be read") from None
    if not isinstance(header, dict) or header.get("alg") not in KEY_TYPES:
        raise IdTokenRefused("it is signed in a way we do not accept")
    return header


def _import(key: dict[str, Any]) -> Any:
    """`alg` and `key_ops` are left out: which algorithm a key is used with is decided by the header and our list."""
    try:
        return jwk.import_key({name: value for name, value in key.items() if name not in ("alg", "key_ops", "use")})
    except (JoseError, ValueError, TypeError, KeyError):
        raise IdTokenRefused("the provider's key cannot be read") from None


def open_id_token(id_token: str, key: Any) -> dict[str, Any]:
    """The claims, once the signature holds; nothing else is checked yet. Raises IdTokenRefused."""
    try:
        return jwt.decode(id_token, key, registry=_REGISTRY).claims
    except (JoseError, ValueError, TypeError):
        raise IdTokenRefused("its signature does not hold") from None


def check_claims(
    claims: dict[str, Any], provider: Provider, *, nonce: str, now: int, id_token: str, access_token: str | None
) -> None:
    """OpenID Connect Core 1.0, 3.1.3.7 and 3.1.3.8; `now` in seconds. Raises IdTokenRefused."""
    wanted = JWTClaimsRegistry(
        now=now,
        leeway=SKEW_SECONDS,
        iss={"essential": True, "value": provider.issuer},
        aud={"essential": True, "value": provider.client_id},
        nonce={"essential": True, "value": nonce},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        wanted.validate(claims)
    except (JoseError, ValueError, TypeError) as error:
        raise IdTokenRefused(getattr(error, "description", None) or "a claim is wrong") from None
    _check_party(claims, provider.client_id)
    if not 0 < len(claims["sub"]) <= SUBJECT_MAX or "\x00" in claims["sub"]:
        raise IdTokenRefused("its subject is none")
    if "at_hash" in claims:
        _check_access_token(claims["at_hash"], id_token, access_token)


def _check_party(claims: dict[str, Any], client_id: str) -> None:
    """A token for several audiences must say that it was made for us."""
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else client_id) != client_id:
        raise IdTokenRefused("it was made for another client")


def _check_access_token(at_hash: object, id_token: str, access_token: str | None) -> None:
    digest = _HASHES[header_of(id_token)["alg"][-3:]]((access_token or "").encode()).digest()
    expected = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    if access_token is None or not isinstance(at_hash, str) or not hmac.compare_digest(at_hash, expected):
        raise IdTokenRefused("it belongs to another access token")


def text(document: dict[str, Any], name: str) -> str | None:
    """A member that is a text, or None."""
    value = document.get(name)
    return value if isinstance(value, str) and value else None
