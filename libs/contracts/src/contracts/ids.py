"""Identifiers: UUIDv7 (RFC 9562), so that the newest rows lie together in an index."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A new UUIDv7: sortable by creation time to the millisecond."""
    return uuid7()
