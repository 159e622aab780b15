"""Who calls: a customer, a member of our own staff, or another service; each by a token of its own kind."""

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

RevocationKey = tuple[int | None, ...]
"""Ids as numbers: they are looked up on every request, and a UUID is hashed in Python."""


def revocation_key(*ids: UUID | None) -> RevocationKey:
    """What a revocation stands under, e.g. (user, organization) or (session,)."""
    return tuple(None if one is None else one.int for one in ids)


@dataclass(frozen=True)
class Caller:
    """A verified customer. `org_id` is None for a person without an organization; then `permissions` is empty.

    For an API key `user_id` and `session_id` are the key's id, so that it reaches nothing that is a person's own;
    `behind` is the person who answers for it, `account` its service account, if it belongs to one. `custom_roles` are
    the roles whose edit makes the token stale.

    `issued_at` and `expires_at` are seconds since the epoch, of the token that was shown. `mfa_due`: there is an
    organization, but it asks for a second factor first. `quota` is the organization's requests a minute as its plan
    allows them (`contracts.tokens`), for the gateway to keep. `suspended`: our staff stopped the organization, so only
    what is declared `while_suspended` answers.
    """

    user_id: UUID
    org_id: UUID | None
    role: str | None
    permissions: frozenset[str]
    session_id: UUID
    actor: str
    issued_at: float = 0.0
    expires_at: float = 0.0
    behind: UUID | None = None
    account: UUID | None = None
    custom_roles: tuple[UUID, ...] = ()
    mfa_due: bool = False
    suspended: bool = False
    quota: int | None = None

    @property
    def person_id(self) -> UUID:
        """Who answers for it: the person, or whoever stands behind the API key."""
        return self.behind or self.user_id

    @cached_property
    def revocation_keys(self) -> tuple[RevocationKey, ...]:
        """All that a revocation of this caller's token may stand under."""
        person = self.person_id
        keys: tuple[RevocationKey, ...] = (revocation_key(self.session_id), revocation_key(person, None))
        if self.org_id is not None:
            keys += (revocation_key(person, self.org_id), revocation_key(None, self.org_id))
        if self.account is None and not self.custom_roles:
            return keys
        return (*keys, revocation_key(self.account), *(revocation_key(role) for role in self.custom_roles))

    @property
    def is_api_key(self) -> bool:
        """Whether no person but a key calls."""
        return self.behind is not None


@dataclass(frozen=True)
class StaffCaller:
    """A verified member of our own staff. `authenticated_at` and `expires_at` are seconds since the epoch."""

    staff_id: UUID
    role: str
    permissions: frozenset[str]
    session_id: UUID
    authenticated_at: float = 0.0
    expires_at: float = 0.0

    @property
    def actor(self) -> str:
        """As `contracts.envelope` spells it."""
        return f"admin:{self.staff_id}"


@dataclass(frozen=True)
class ServiceCaller:
    """Another service of ours, verified by the key it is trusted with."""

    service: str

    @property
    def actor(self) -> str:
        """As `contracts.envelope` spells it."""
        return f"system:{self.service}"
