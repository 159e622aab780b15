"""Read the audit log; reading it is put down in it."""

from dataclasses import dataclass
from uuid import UUID

from admin.storage import audit, staff
from admin.storage.audit import AuditRow
from admin.usecases.record import Witness, record
from chassis.database import Tx

_STAFF = "admin:"


@dataclass(frozen=True)
class AuditPage:
    """Rows, and the addresses of those of our staff who appear in them."""

    rows: list[AuditRow]
    emails: dict[str, str]


async def read_audit(
    tx: Tx, by: Witness, *, before: UUID | None, limit: int, actor: str | None, action: str | None
) -> AuditPage:
    """Up to `limit + 1` rows, the newest first."""
    rows = await audit.list_rows(tx, before=before, limit=limit, actor=actor, action=action)
    actors = {UUID(row.actor.removeprefix(_STAFF)) for row in rows if row.actor.startswith(_STAFF)}
    emails = await staff.get_emails(tx, sorted(actors))
    record(tx, by, "audit.read", filter={"actor": actor, "action": action})
    return AuditPage(rows, {f"{_STAFF}{staff_id}": email for staff_id, email in emails.items()})
