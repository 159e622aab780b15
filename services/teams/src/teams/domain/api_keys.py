"""API keys and service accounts: what they may do, and for how long."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from chassis.problems import Conflict, Forbidden, invalid_field
from contracts.permissions import SERVICE_ACCOUNT_PERMISSIONS

MOST_KEYS = 200
MOST_ACCOUNTS = 100
LONGEST_LIFE = timedelta(days=366 * 2)
LONGEST_OVERLAP = timedelta(days=7)
USE_NOTED_EVERY = timedelta(minutes=1)

AccountState = Literal["active", "disabled", "deleted"]
Ended = Literal["revoked", "creator_removed", "service_account_deleted"]


@dataclass(frozen=True)
class ApiKey:
    """A key without its secrets. `permissions` is the most it may ever do; None: all its service account may."""

    id: UUID
    org_id: UUID
    name: str
    permissions: frozenset[str] | None
    created_by: UUID
    service_account_id: UUID | None
    hint: str
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    tokens_not_before: datetime | None
    created_at: datetime
    version: int

    def alive(self, now: datetime) -> bool:
        """Neither revoked nor past its time."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True)
class ServiceAccount:
    """An agent as a member: it may do what its role and `delegated_by` both may. It takes no seat."""

    id: UUID
    org_id: UUID
    name: str
    description: str
    role: str
    delegated_by: UUID
    state: AccountState
    tokens_not_before: datetime | None
    created_by: UUID
    created_at: datetime
    changed_at: datetime
    version: int
    role_name: str | None = None


def permissions_of_key(
    scope: frozenset[str] | None, behind: frozenset[str], account: frozenset[str] | None
) -> frozenset[str]:
    """What a key may do now: never more than whoever is behind it, and than its service account's role.

    `behind` is what that person may do now; `account` the service account's role, None for a key of a person.
    """
    held = behind if account is None else (account & behind) | SERVICE_ACCOUNT_PERMISSIONS
    return held if scope is None else held & scope


def check_scope(scope: frozenset[str] | None, held: frozenset[str]) -> None:
    """Nobody gives a key what they may not do themselves. Raises Forbidden."""
    if missing := sorted((scope or frozenset()) - held):
        raise Forbidden("permission_above_own", f"You cannot give a key what you may not do: {', '.join(missing)}.")


def check_expiry(expires_at: datetime | None, now: datetime) -> None:
    """In the future, and at most two years ahead. Raises Invalid."""
    if expires_at is None:
        return
    if expires_at <= now:
        raise invalid_field("/expires_at", "in_the_past", "A key must end in the future.")
    if expires_at > now + LONGEST_LIFE:
        raise invalid_field("/expires_at", "too_late", "A key lives at most two years; leave it out for no end.")


def check_rotatable(key: ApiKey, now: datetime) -> None:
    """Raises Conflict."""
    if not key.alive(now):
        raise Conflict("api_key_ended", "This key works no more: make a new one.")


def check_key_count(count: int) -> None:
    """Raises Conflict."""
    if count >= MOST_KEYS:
        raise Conflict("api_keys_exhausted", f"An organization has at most {MOST_KEYS} keys: revoke some.")


def check_account_count(count: int) -> None:
    """Raises Conflict."""
    if count >= MOST_ACCOUNTS:
        raise Conflict("service_accounts_exhausted", f"An organization has at most {MOST_ACCOUNTS} service accounts.")
