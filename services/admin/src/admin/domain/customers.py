"""Customers: what a search may begin with, and what a search text means."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.billing import SubscriptionCanceledV1, SubscriptionCreatedV1, SubscriptionUpdatedV1
from contracts.money import Money
from contracts.teams import (
    MemberJoinedV1,
    MemberRemovedV1,
    MemberRoleChangedV1,
    OrganizationCreatedV1,
    OrganizationDeletedV1,
    OrganizationReactivatedV1,
    OrganizationRestoredV1,
    OrganizationSuspendedV1,
    OrganizationUpdatedV1,
    UserEmailVerifiedV1,
    UserRegisteredV1,
    UserUpdatedV1,
)

OrganizationEvent = (
    OrganizationCreatedV1
    | OrganizationUpdatedV1
    | OrganizationDeletedV1
    | OrganizationRestoredV1
    | OrganizationSuspendedV1
    | OrganizationReactivatedV1
)
MembershipEvent = MemberJoinedV1 | MemberRoleChangedV1 | MemberRemovedV1
PersonEvent = UserRegisteredV1 | UserEmailVerifiedV1 | UserUpdatedV1
SubscriptionEvent = SubscriptionCreatedV1 | SubscriptionUpdatedV1 | SubscriptionCanceledV1

LONGEST_WORD = 200
_BETWEEN_WORDS = re.compile(r"[\s,.;:/()\"']+")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Subscription:
    """What an organization has at billing."""

    id: UUID
    plan: str
    interval: str
    seats: int
    status: str
    mrr: Money
    current_period_end: datetime
    trial_end: datetime | None
    cancel_at_period_end: bool


@dataclass(frozen=True)
class Customer:
    """One organization in the list."""

    id: UUID
    name: str
    slug: str
    created_at: datetime
    members: int
    subscription: Subscription | None


@dataclass(frozen=True)
class CustomerMember:
    """A person in an organization, with their newest name and address."""

    user_id: UUID
    email: str
    name: str
    role: str
    joined_at: datetime


@dataclass(frozen=True)
class CustomerEvent:
    """Something that happened in an organization; what exactly, its service knows."""

    id: UUID
    type: str
    actor: str
    at: datetime


@dataclass(frozen=True)
class PlanCount:
    """How many organizations are on a plan, and what they bring in a month."""

    plan: str
    customers: int
    mrr: Money


@dataclass(frozen=True)
class Overview:
    """The numbers of the first page. `new_customers` are those of the last seven days."""

    customers: int
    new_customers: int
    people: int
    plans: list[PlanCount]


def search_words(*texts: str) -> list[str]:
    """What a search finds these texts by: each as a whole, and from the beginning of each of its words on."""
    found: set[str] = set()
    for text in texts:
        whole = _normal(text)
        found.add(whole)
        starts = [match.end() for match in _BETWEEN_WORDS.finditer(whole)]
        found |= {whole[start:] for start in starts}
    return sorted({word[:LONGEST_WORD] for word in found if word})


def search_pattern(text: str) -> str | None:
    """A LIKE pattern for words that begin with the text; None where there is nothing to look for."""
    start = _normal(text)[:LONGEST_WORD]
    for special in ("\\", "%", "_"):
        start = start.replace(special, f"\\{special}")
    return f"{start}%" if start else None


def search_id(text: str) -> UUID | None:
    """The id that the text is, if it is one."""
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def _normal(text: str) -> str:
    return _SPACE.sub(" ", text).strip().lower()
