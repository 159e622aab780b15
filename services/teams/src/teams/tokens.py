"""The access tokens that teams signs, and the random secrets it hands out and keeps only as hashes."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from chassis import keys
from chassis import tokens as signed_tokens
from chassis.keys import SigningKey
from contracts.ids import new_id
from contracts.tokens import ACCESS_TOKEN_SECONDS, API_KEY_TOKEN_SECONDS, ISSUER, AccessClaims
from teams.domain.roles import HeldRole, custom_ids

SECRET_BYTES = 32


@dataclass(frozen=True)
class KeySpeaker:
    """What an API key's token speaks for: `permissions` are all it may do, `roles` what they were made of."""

    key_id: UUID
    org_id: UUID
    behind: UUID
    account_id: UUID | None
    permissions: frozenset[str]
    roles: tuple[HeldRole, ...]
    quota: int
    suspended: bool = False


class AccessTokens:
    """Signs with the first key; all keys are published, so that tokens of a key being retired live out their time."""

    def __init__(self, signing_keys: Sequence[SigningKey]) -> None:
        if not signing_keys:
            raise ValueError("at least one signing key")
        self._keys = tuple(signing_keys)

    def mint(
        self,
        *,
        user_id: UUID,
        session_id: UUID,
        org_id: UUID | None,
        role: HeldRole | None,
        now: datetime,
        mfa_due: bool = False,
        suspended: bool = False,
        quota: int | None = None,
    ) -> str:
        """A customer's token for ten minutes, bound to one organization or to none.

        `quota` is what the organization's plan allows, in requests a minute. `iat` keeps microseconds: it is compared
        with the instant of a revocation.
        """
        issued_at = now.timestamp()
        claims = AccessClaims(
            iss=ISSUER,
            aud="customer",
            sub=user_id,
            sid=session_id,
            org=org_id,
            role=role.key if role else None,
            **_custom(role),
            mfa_due=mfa_due or None,
            suspended=suspended or None,
            quota=quota,
            iat=issued_at,
            exp=int(issued_at) + ACCESS_TOKEN_SECONDS,
            jti=new_id(),
        )
        return signed_tokens.sign(self._keys[0], claims)

    def mint_for_key(self, speaker: KeySpeaker, *, now: datetime, latest: datetime | None) -> tuple[str, datetime]:
        """An API key's token for five minutes, or until `latest` if that is earlier; and when it ends."""
        issued_at = now.timestamp()
        expires = int(issued_at) + API_KEY_TOKEN_SECONDS
        if latest is not None:
            expires = min(expires, int(latest.timestamp()))
        claims = AccessClaims(
            iss=ISSUER,
            aud="customer",
            sub=speaker.key_id,
            sid=speaker.key_id,
            org=speaker.org_id,
            kind="api_key",
            behind=speaker.behind,
            account=speaker.account_id,
            permissions=tuple(sorted(speaker.permissions)),
            roles=custom_ids(speaker.roles) or None,
            suspended=speaker.suspended or None,
            quota=speaker.quota,
            iat=issued_at,
            exp=expires,
            jti=new_id(),
        )
        return signed_tokens.sign(self._keys[0], claims), datetime.fromtimestamp(expires, UTC)

    def jwks(self) -> dict[str, Any]:
        """The public keys as RFC 7517 lists them."""
        return keys.jwks(self._keys)


def _custom(role: HeldRole | None) -> dict[str, Any]:
    """What only a custom role's token carries."""
    if role is None or role.custom is None:
        return {}
    return {
        "permissions": tuple(sorted(role.permissions)),
        "role_version": role.custom.version,
        "roles": (role.custom.id,),
    }


def new_secret() -> str:
    """256 random bits in base64url, for a refresh token or an invitation link."""
    return secrets.token_urlsafe(SECRET_BYTES)


def hash_secret(secret: str) -> bytes:
    """What is stored of a secret. Plain SHA-256 suffices: nobody guesses 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()
