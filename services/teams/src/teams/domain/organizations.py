"""Organizations, memberships, seats, and the owner that must remain."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from chassis.problems import Conflict
from contracts.permissions import Role

FREE_SEATS = 5
"""Members and pending invitations together, until billing says otherwise."""
FREE_QUOTA = 600
"""Requests a minute of the whole organization, until billing says otherwise."""


@dataclass(frozen=True)
class Organization:
    """A customer."""

    id: UUID
    name: str
    slug: str
    locale: str
    time_zone: str
    created_by: UUID
    created_at: datetime
    version: int
    require_mfa: bool = False
    logo_id: UUID | None = None


@dataclass(frozen=True)
class Membership:
    """A person in an organization, or their trace (`state` removed) after they left.

    `role` is a built-in role's name or a custom role's id, whose name is `role_name` then. `changed_at` and
    `changed_by` say when and by whom this version was made, as its event says.
    """

    id: UUID
    org_id: UUID
    user_id: UUID
    role: str
    state: Literal["active", "removed"]
    invited_by: UUID | None
    joined_at: datetime
    tokens_not_before: datetime | None
    changed_at: datetime
    changed_by: UUID
    version: int
    role_name: str | None = None

    @property
    def active(self) -> bool:
        """Whether the person belongs to the organization now."""
        return self.state == "active"


def slug_of(name: str, suffix: str = "") -> str:
    """A name for addresses: lower-case ASCII words and hyphens, at most 40 characters and the suffix."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:40].strip("-")
    return "-".join(part for part in (words or "organization", suffix) if part)


def check_owner_remains(target: str, owners: int) -> None:
    """The last owner neither leaves, nor is removed, nor demoted. `owners` counts the active ones. Raises Conflict."""
    if target == Role.OWNER and owners <= 1:
        raise Conflict("last_owner", "An organization keeps at least one owner: make somebody else owner first.")


def check_seat_free(taken: int, seats: int) -> None:
    """`taken` counts active members and pending invitations. Raises Conflict."""
    if taken >= seats:
        raise Conflict("seats_exhausted", f"All {seats} seats are taken by members and pending invitations.")


def check_may_require_mfa(actor_has_mfa: bool) -> None:
    """Nobody locks themselves out: who asks others for a second factor has one. Raises Conflict."""
    if not actor_has_mfa:
        raise Conflict("mfa_needed_first", "Set up two-step sign-in for yourself before you ask it of everybody.")
