"""The access tokens that admin signs, and the random secrets it hands out and keeps only as hashes."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from admin.domain.sign_in import AMR, Session
from chassis import keys
from chassis import tokens as signed_tokens
from chassis.keys import SigningKey
from contracts.ids import new_id
from contracts.permissions import AdminRole
from contracts.tokens import ADMIN_ISSUER, ADMIN_TOKEN_SECONDS, AdminClaims


class StaffTokens:
    """Signs with the first key; all keys are published."""

    def __init__(self, signing_keys: Sequence[SigningKey]) -> None:
        self._keys = tuple(signing_keys)

    def mint(self, session: Session, role: AdminRole, now: datetime) -> str:
        """A token for five minutes, never beyond the sign-in's end."""
        claims = AdminClaims(
            iss=ADMIN_ISSUER,
            aud="admin",
            sub=session.user_id,
            sid=session.id,
            role=role.value,
            amr=AMR,
            auth_time=int(session.authenticated_at.timestamp()),
            iat=now.timestamp(),
            exp=min(int(now.timestamp()) + ADMIN_TOKEN_SECONDS, int(session.expires_at.timestamp())),
            jti=new_id(),
        )
        return signed_tokens.sign(self._keys[0], claims)

    def jwks(self) -> dict[str, Any]:
        """The public keys as RFC 7517 lists them."""
        return keys.jwks(self._keys)


def new_secret() -> str:
    """256 random bits in base64url, for a challenge or a refresh token."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> bytes:
    """What is stored of a secret. Plain SHA-256 suffices: nobody guesses that many random bits."""
    return hashlib.sha256(secret.encode()).digest()
