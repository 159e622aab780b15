"""Domain events as recorded ones."""

from datetime import datetime
from uuid import UUID, uuid5

import orjson

from analytics.domain.recorded import NO_ORGANIZATION, Intake, Recorded, Refused
from contracts.envelope import Envelope

SIGN_UP = "user.signed_up"
"""Derived: an account was opened and joined this organization in one request."""

PERSONAL = frozenset({"email", "name"})
"""Counts need nobody's name: what names a person (or an organization) is left out of the raw rows."""

LONGEST_CONTENT = 8192
_DERIVED = UUID("5a6f6f52-0a4b-5f0e-8f6f-3f0d4a1f7c21")


def record(header: Envelope, intake: Intake) -> Recorded | Refused:
    """The raw row of a domain event. Refused where it is older than what is kept."""
    org_id = header.orgid or NO_ORGANIZATION
    properties = orjson.dumps({key: value for key, value in header.data.items() if key not in PERSONAL}).decode()
    if header.time < intake.floor:
        detail = f"{header.type} of {header.time.isoformat()} is older than what is kept."
        return Refused(header.id, org_id, "domain", "too_old", detail, properties[:LONGEST_CONTENT])
    occurred_at, claimed_at = intake.times(header.time)
    return Recorded(
        event_id=header.id,
        org_id=org_id,
        source="domain",
        name=header.type,
        occurred_at=occurred_at,
        claimed_at=claimed_at,
        user_key=active_user(header.actor),
        subject=header.subject,
        properties=properties,
    )


def active_user(actor: str) -> str | None:
    """The person who did it themselves; not staff acting for one, nor a key, nor a job."""
    kind, _, who = actor.partition(":")
    return who if kind == "user" else None


def sign_up(event_id: UUID, registered_at: datetime, *, user_id: UUID, org_id: UUID) -> Recorded:
    """The sign-up that follows from an account's event: one an account, whatever arrives again."""
    return Recorded(
        event_id=uuid5(_DERIVED, event_id.hex),
        org_id=org_id,
        source="derived",
        name=SIGN_UP,
        occurred_at=registered_at,
        claimed_at=None,
        user_key=None,
        subject=str(user_id),
        properties="{}",
    )
