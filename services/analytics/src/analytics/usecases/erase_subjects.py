"""People and organizations that are gone for good: their raw rows lose what they say, the counts stay."""

import secrets
from collections.abc import Iterable, Sequence
from uuid import UUID

from analytics.domain.recorded import Recorded
from analytics.storage import erasures
from chassis import erasures as acknowledging
from chassis.database import Tx
from chassis.inbox import Fact
from contracts.teams import OrganizationPurgedV1, UserDeletedV1

KEPT = ("counts by quarter of an hour and by day: they name nobody",)


async def begin_erasures(tx: Tx, facts: Sequence[Fact]) -> None:
    """Acknowledge what a batch says is gone: before anything else of it is locked, so that nobody waits in a circle."""
    for event, _ in facts:
        if isinstance(event, OrganizationPurgedV1):
            await acknowledging.acknowledge(tx, "organization", event.organization_id, kept=KEPT)
        elif isinstance(event, UserDeletedV1):
            await acknowledging.acknowledge(tx, "user", event.user_id, kept=KEPT)


async def erase_subjects(tx: Tx, facts: Sequence[Fact]) -> None:
    """Erase them from what is stored so far. The organizations among them are locked whole."""
    for event, _ in facts:
        if isinstance(event, OrganizationPurgedV1):
            await erasures.erase_organization(tx, event.organization_id, secrets.token_hex())
        elif isinstance(event, UserDeletedV1):
            await erasures.erase_person(tx, event.user_id, f"erased:{secrets.token_hex(16)}")


def purged(facts: Iterable[Fact]) -> set[UUID]:
    """Organizations that a batch says are gone."""
    return {event.organization_id for event, _ in facts if isinstance(event, OrganizationPurgedV1)}


async def find_erased(tx: Tx, facts: Sequence[Fact], recorded: Iterable[Recorded]) -> set[UUID]:
    """Those that are gone, of all that a batch speaks of."""
    subjects = {one.org_id for one in recorded}
    for _, header in facts:
        named = (header.data.get("user_id"), header.actor.removeprefix("user:"))
        subjects |= {found for text in named if (found := _uuid(text)) is not None}
    return await acknowledging.hold(tx, subjects)


def names(one: Recorded, header_data: dict[str, object], erased: set[UUID]) -> bool:
    """Whether a raw row would bring back somebody of these."""
    return bool(erased & {one.org_id, _uuid(one.user_key), _uuid(header_data.get("user_id"))})


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None
