"""What keeps an organization from working: a suspension by our staff, or its own deletion."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from chassis.problems import Conflict, Forbidden, invalid_field
from contracts.permissions import Role
from teams.domain.organizations import Organization

RESTORABLE_FOR = timedelta(days=30)
"""So long after its deletion an owner can have the organization back."""

SLUG_MIN, SLUG_MAX = 3, 49
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_RESERVED = frozenset(
    {
        "about",
        "account",
        "admin",
        "api",
        "app",
        "assets",
        "auth",
        "billing",
        "blog",
        "dashboard",
        "demo",
        "docs",
        "health",
    }
    | {"help", "internal", "invitations", "login", "mail", "metrics", "new", "objectalabs", "organizations", "pricing"}
    | {"public", "security", "settings", "signup", "static", "status", "stripe", "support", "system", "webhooks", "www"}
)


@dataclass(frozen=True)
class Standing:
    """An organization's; all None while it simply works."""

    suspended_at: datetime | None = None
    suspension_reason: str | None = None
    deleted_at: datetime | None = None
    deleted_by: UUID | None = None
    purged_at: datetime | None = None

    @property
    def suspended(self) -> bool:
        """Whether our staff stopped it."""
        return self.suspended_at is not None

    @property
    def purge_at(self) -> datetime | None:
        """When it can no longer be restored; None while it is not deleted."""
        return self.deleted_at + RESTORABLE_FOR if self.deleted_at else None


def clean_slug(slug: str, pointer: str = "/slug") -> str:
    """A name for addresses: lower-case ASCII words and hyphens between them, and none of ours. Raises Invalid."""
    if not SLUG_MIN <= len(slug) <= SLUG_MAX or not _SLUG.fullmatch(slug):
        raise invalid_field(
            pointer,
            "slug_invalid",
            f"A slug has {SLUG_MIN} to {SLUG_MAX} characters: a-z, 0-9, and hyphens between them.",
        )
    if slug in _RESERVED:
        raise invalid_field(pointer, "slug_reserved", "This slug is kept for the platform itself.")
    return slug


def check_owner(role: str) -> None:
    """Raises Forbidden for anybody but an owner."""
    if role != Role.OWNER:
        raise Forbidden("owner_required", "Only an owner can do this.")


def check_confirmed(organization: Organization, typed: str) -> None:
    """Whoever deletes an organization types its name or slug, so that it is this one they mean. Raises Invalid."""
    if typed.strip() not in (organization.name, organization.slug):
        raise invalid_field("/confirmation", "confirmation_wrong", "Type the organization's name or slug as it is.")


def check_restorable(standing: Standing, now: datetime) -> None:
    """Raises Conflict for one that is not deleted, or for too long."""
    if standing.deleted_at is None:
        raise Conflict("not_deleted", "This organization is not deleted.")
    if standing.purged_at is not None or now >= standing.deleted_at + RESTORABLE_FOR:
        raise Conflict("restore_too_late", "The thirty days are over: this organization is gone.")
