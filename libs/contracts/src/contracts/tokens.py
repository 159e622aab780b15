"""The claims of the tokens that teams signs and of those that services sign for each other."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

ISSUER = "https://objectalabs.dev/teams"
ADMIN_ISSUER = "https://objectalabs.dev/admin"
ACCESS_TOKEN_SECONDS = 600
API_KEY_TOKEN_SECONDS = 300
"""Shorter than a person's: how long a gateway goes on with a key while teams is away."""
ADMIN_TOKEN_SECONDS = 300
INTERNAL_TOKEN_SECONDS = 60
UNBOUNDED = 0
"""The `quota` of an organization whose plan sets no bound."""


class AccessClaims(BaseModel):
    """A customer's access token (Ed25519 JWT, 10 minutes), bound to one organization or to none.

    `role` is a built-in role's name, which services expand from the matrix, or a custom role's id; `permissions` and
    `role_version` are for custom roles only. `org` and `role` are absent for a person without an organization, and
    where `mfa_due`: the organization asks for a second factor that this sign-in has not shown, so the token reaches
    nothing of it. `quota` is how many requests a minute the organization's plan allows, all its members and keys
    together; `UNBOUNDED` where it sets no bound. `suspended`: our staff stopped the organization; services answer with
    billing and exports alone.

    An API key's token (`kind`) speaks for the key: `sub` and `sid` are its id, `permissions` all it may do.
    `behind` is the person without whom it may do nothing, `account` the service account it belongs to, if one, and
    `roles` are the custom roles whose edit makes it stale.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    iss: str
    aud: Literal["customer"]
    sub: UUID
    sid: UUID
    org: UUID | None = None
    role: str | None = None
    permissions: tuple[str, ...] | None = None
    role_version: int | None = None
    kind: Literal["api_key"] | None = None
    behind: UUID | None = None
    account: UUID | None = None
    roles: tuple[UUID, ...] | None = None
    mfa_due: bool | None = None
    suspended: bool | None = None
    quota: int | None = Field(default=None, ge=0)
    iat: float
    exp: int
    jti: UUID


class AdminClaims(BaseModel):
    """A staff member's token, signed by admin and good for the operations platform alone.

    `amr` lists how they proved themselves (RFC 8176), always with `otp`; `auth_time` is when.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    iss: str
    aud: Literal["admin"]
    sub: UUID
    sid: UUID
    role: str
    amr: tuple[str, ...]
    auth_time: int
    iat: float
    exp: int
    jti: UUID


class InternalClaims(BaseModel):
    """A service's token for another service: `iss` is the caller, `aud` the called, 60 seconds."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    iss: str
    aud: str
    iat: int
    exp: int
    jti: UUID
