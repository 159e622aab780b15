"""An organization's logo: where its file lies, and what people see it under."""

from uuid import UUID

PREFIX = "logos/"
LONGEST_EDGE = 512
"""Pixels. Twice what any page of ours shows, for dense screens."""
MOST_PIXELS = 4096 * 4096
"""Of what is uploaded; more is refused before it is unpacked."""
MOST_BYTES = 1024 * 1024
"""Of what is uploaded: as much as the gateway lets through."""


def key_of(org_id: UUID, logo_id: UUID) -> str:
    """The blob's key."""
    return f"{PREFIX}{org_id}/{logo_id}.webp"


def logo_id_of(key: str) -> UUID:
    """The upload behind a key. Raises ValueError for a key that is no logo's."""
    return UUID(key.rpartition("/")[2].removesuffix(".webp"))


def path_of(org_id: UUID, logo_id: UUID | None) -> str | None:
    """Where everybody can see it, below the API's address."""
    return f"/v1/logos/{org_id}/{logo_id}" if logo_id else None
