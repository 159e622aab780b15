"""The activity log: what may be told of, and the chain that shows when somebody rewrote it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from chassis.chains import Place, hash_of_fields, origin_of

ORIGIN = Place(0, origin_of("teams activity log, version 1"))
"""What stands before the first row of every organization."""


class Action(StrEnum):
    """Every change that is told of, as `subject.verb`; stable, because people filter and alert by them."""

    ORGANIZATION_CREATED = "organization.created"
    ORGANIZATION_UPDATED = "organization.updated"
    ORGANIZATION_DELETED = "organization.deleted"
    ORGANIZATION_RESTORED = "organization.restored"
    ORGANIZATION_SUSPENDED = "organization.suspended"
    ORGANIZATION_REACTIVATED = "organization.reactivated"
    ORGANIZATION_TRANSFERRED = "organization.transferred"
    MEMBER_JOINED = "member.joined"
    MEMBER_ROLE_CHANGED = "member.role_changed"
    MEMBER_REMOVED = "member.removed"
    MEMBER_LEFT = "member.left"
    INVITATION_CREATED = "invitation.created"
    INVITATION_RESENT = "invitation.resent"
    INVITATION_REVOKED = "invitation.revoked"
    INVITATION_EXPIRED = "invitation.expired"
    ROLE_CREATED = "role.created"
    ROLE_UPDATED = "role.updated"
    ROLE_DELETED = "role.deleted"
    API_KEY_CREATED = "api_key.created"
    API_KEY_ROTATED = "api_key.rotated"
    API_KEY_REVOKED = "api_key.revoked"
    SERVICE_ACCOUNT_CREATED = "service_account.created"
    SERVICE_ACCOUNT_UPDATED = "service_account.updated"
    SERVICE_ACCOUNT_DISABLED = "service_account.disabled"
    SERVICE_ACCOUNT_ENABLED = "service_account.enabled"
    SERVICE_ACCOUNT_DELETED = "service_account.deleted"
    SEATS_CHANGED = "seats.changed"
    SSO_UPDATED = "sso.updated"
    SSO_REMOVED = "sso.removed"
    SSO_DOMAIN_ADDED = "sso.domain_added"
    SSO_DOMAIN_VERIFIED = "sso.domain_verified"
    SSO_DOMAIN_REMOVED = "sso.domain_removed"
    ACTIVITY_ERASED = "activity.erased"


@dataclass(frozen=True)
class Subject:
    """What something was done to. `id` never names a person by address or name: `label` does, and can be erased.

    `persons` are those whose erasure takes the label and the values with it: `user:<id>`, or an address.
    """

    type: str
    id: str
    label: str
    persons: tuple[str, ...] = ()

    @classmethod
    def organization(cls, org_id: UUID, name: str) -> "Subject":
        """The organization itself."""
        return cls("organization", str(org_id), name)

    @classmethod
    def member(cls, user_id: UUID, name: str, email: str) -> "Subject":
        """A person in the organization."""
        return cls("member", str(user_id), name, (f"user:{user_id}", *([email.lower()] if email else ())))

    @classmethod
    def invitation(cls, invitation_id: UUID, email: str) -> "Subject":
        """An invited address."""
        return cls("invitation", str(invitation_id), email, (email.lower(),))

    @classmethod
    def role(cls, role_id: UUID, name: str) -> "Subject":
        """A custom role."""
        return cls("role", str(role_id), name)

    @classmethod
    def api_key(cls, key_id: UUID, name: str) -> "Subject":
        """An API key."""
        return cls("api_key", str(key_id), name)

    @classmethod
    def service_account(cls, account_id: UUID, name: str) -> "Subject":
        """A service account."""
        return cls("service_account", str(account_id), name)


@dataclass(frozen=True)
class Activity:
    """One change on its way into the log. `before` and `after` hold only what changed; JSON values."""

    org_id: UUID
    actor: str
    action: str
    subject: Subject
    request_id: str
    address: str
    user_agent: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)

    @property
    def acting(self) -> tuple[str, str]:
        """Who acts, and on whose behalf (empty: their own); `contracts.envelope` spells both as one."""
        actor, _, behalf = self.actor.partition(" as ")
        return actor, behalf

    @property
    def persons(self) -> list[str]:
        """Everybody whose name or address stands in the details."""
        named = [who for who in self.acting if who.startswith("user:")]
        return sorted({*named, *self.subject.persons})

    def details(self, actor_name: str | None) -> dict[str, Any]:
        """What is committed to and can be erased; what is empty is left out."""
        details = {
            "actor": actor_name,
            "subject": self.subject.label,
            "address": self.address,
            "user_agent": self.user_agent,
            "before": dict(self.before),
            "after": dict(self.after),
        }
        return {name: value for name, value in details.items() if value}


@dataclass(frozen=True)
class Link:
    """A row of an organization's chain, without its details."""

    org_id: UUID
    number: int
    at: datetime
    actor: str
    on_behalf_of: str
    action: str
    subject_type: str
    subject_id: str
    request_id: str
    commitment: bytes
    previous: bytes

    @property
    def hash(self) -> bytes:
        """Over every field."""
        return hash_of_fields(self)


@dataclass(frozen=True)
class Head:
    """The end of an organization's chain."""

    org_id: UUID
    number: int
    at: datetime
    hash: bytes

    @property
    def place(self) -> Place:
        """Without whose it is and since when."""
        return Place(self.number, self.hash)


def signed_content(org_id: UUID, place: Place, *, floor: bool) -> bytes:
    """What a checkpoint's signature covers. On a floor hangs the oldest row that is kept."""
    kind = "floor" if floor else "checkpoint"
    return f"teams activity {kind} {org_id} {place.number} {place.hash.hex()}".encode()


class Erasures:
    """Which rows' details were erased, as the rows that tell of an erasure say."""

    def __init__(self) -> None:
        self._ranges: list[tuple[int, int]] = []

    def read(self, action: str, details: str | None) -> None:
        """Take note of one more row."""
        if action == Action.ACTIVITY_ERASED and details is not None:
            self._ranges += [(first, last) for first, last in orjson.loads(details)["after"]["rows"]]

    def cover(self, number: int) -> bool:
        """Whether this row's details were erased."""
        return any(first <= number <= last for first, last in self._ranges)


def ranges_of(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Numbers in order as runs, first and last, the way a row tells of an erasure."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def link(activity: Activity, head: Head, commitment: bytes, now: datetime) -> Link:
    """The row that follows `head`: never earlier than it, whatever the clock says."""
    actor, behalf = activity.acting
    return Link(
        org_id=activity.org_id,
        number=head.number + 1,
        at=max(now, head.at),
        actor=actor,
        on_behalf_of=behalf,
        action=activity.action,
        subject_type=activity.subject.type,
        subject_id=activity.subject.id,
        request_id=activity.request_id,
        commitment=commitment,
        previous=head.hash,
    )
