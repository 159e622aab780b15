"""Erasures: admin erases what it holds itself, and keeps account of what every service has erased."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from admin.domain.audit import ERASED
from admin.domain.customers import search_words
from admin.domain.erasures import Erasure
from admin.storage import erasures
from admin.usecases.record import Witness, record
from chassis import erasures as acknowledging
from chassis.database import Tx
from contracts.envelope import Envelope
from contracts.erasure import DataErasedV1
from contracts.teams import OrganizationPurgedV1, UserDeletedV1

OURSELVES = Witness("system:admin", "")
KEPT = ("the audit log: what staff did and to which id, without the names or words in its details",)


async def erase_organization(tx: Tx, event: OrganizationPurgedV1, header: Envelope) -> None:  # noqa: ARG001
    """It is gone: nothing here is called by its name any more."""
    await acknowledging.acknowledge(tx, "organization", event.organization_id, kept=KEPT)
    await erasures.insert_request(tx, "organization", event.organization_id, event.purged_at)
    await _erase_words(tx, event.organization_id)
    await erasures.delete_organization(tx, event.organization_id)


async def erase_person(tx: Tx, event: UserDeletedV1, header: Envelope) -> None:  # noqa: ARG001
    """They ended their account: nothing here names them any more."""
    await acknowledging.acknowledge(tx, "user", event.user_id, kept=KEPT)
    await erasures.insert_request(tx, "user", event.user_id, event.deleted_at)
    await _erase_words(tx, event.user_id)
    await erasures.delete_person(tx, event.user_id)


async def _erase_words(tx: Tx, subject_id: UUID) -> None:
    """Details of the audit log that quote the subject; a row of the chain says which ones are gone, and why."""
    names = await erasures.list_names(tx, subject_id)
    if not names:
        return
    erased = await erasures.delete_audit_details(tx, _telling(names), search_words(*names))
    if erased:
        record(tx, OURSELVES, ERASED, f"subject:{subject_id}", rows=[str(row_id) for row_id in erased])


def _telling(names: Sequence[str]) -> list[str]:
    """Texts that can stand for nobody else: an address, a name of several words; a single word may be any word."""
    return [name for name in names if "@" in name or " " in name.strip()]


async def acknowledged(tx: Tx, event: DataErasedV1, header: Envelope) -> None:  # noqa: ARG001
    """A service says that it erased; also before it is known here what."""
    await erasures.insert_acknowledgement(tx, event)


async def list_erasures(
    tx: Tx, by: Witness, *, outstanding: bool, before: tuple[datetime, UUID] | None, limit: int
) -> list[Erasure]:
    """Up to `limit + 1`, the latest first. That somebody looked is put down."""
    record(tx, by, "erasures.listed")
    return await erasures.list_erasures(tx, outstanding=outstanding, before=before, limit=limit)


async def show_erasure(tx: Tx, by: Witness, subject_id: UUID) -> Erasure | None:
    """One subject's."""
    record(tx, by, "erasures.viewed", f"subject:{subject_id}")
    return await erasures.get_erasure(tx, subject_id)
