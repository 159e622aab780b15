"""/admin/v1/audit: the log, and whether it is whole."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Self
from uuid import UUID

from aiohttp import web
from pydantic import Field

from admin.api.models import Answer
from admin.api.witness import witness_of
from admin.checkpoints import CheckpointSeal
from admin.domain.audit import Break
from admin.storage.audit import AuditRow
from admin.usecases.read_audit import read_audit
from admin.usecases.record import record
from admin.usecases.verify_audit import Verdict, verify_audit
from chassis.database import Tx
from chassis.web import Listing, Page, Routes, StaffCaller
from contracts.permissions import AdminPermission

ROUTES = Routes("audit")

VERIFIED_DAYS = 7
"""As far back as a page waits for; the command line walks all of it."""


class AuditQuery(Listing):
    """What narrows the log."""

    actor: Annotated[str | None, Field(max_length=100, description="Exactly, e.g. admin:<id>.")] = None
    action: Annotated[str | None, Field(max_length=100, description="Its beginning, e.g. deadletters.")] = None


class AuditAnswer(Answer):
    """One row. `actor_email` is set where the actor is staff; `details` is absent once erased."""

    id: UUID
    day: date
    number: int
    at: datetime
    actor: str
    actor_email: str | None
    action: str
    target: str
    request_id: str
    details: dict[str, Any] | None

    @classmethod
    def of(cls, row: AuditRow, email: str | None) -> Self:
        return cls(**vars(row), actor_email=email)


class BreakAnswer(Answer):
    """The first row that is not what was written."""

    day: date
    number: int
    id: UUID | None
    reason: str

    @classmethod
    def of(cls, found: Break) -> Self:
        return cls(**vars(found))


class VerificationAnswer(Answer):
    """`whole` unless `broken` says where."""

    whole: bool
    since: date
    rows: int
    checkpoints: int
    broken: BreakAnswer | None

    @classmethod
    def of(cls, verdict: Verdict, since: date) -> Self:
        broken = BreakAnswer.of(verdict.broken) if verdict.broken else None
        return cls(whole=broken is None, since=since, rows=verdict.rows, checkpoints=verdict.checkpoints, broken=broken)


@ROUTES.get("/admin/v1/audit", access=AdminPermission.AUDIT_READ, summary="The audit log")
async def admin_read_audit(request: web.Request, tx: Tx, caller: StaffCaller, query: AuditQuery) -> Page[AuditAnswer]:
    """The newest first. Reading it is put down too."""
    after = query.after(UUID)
    page = await read_audit(
        tx,
        witness_of(request, caller),
        before=after[0] if after else None,
        limit=query.limit,
        actor=query.actor,
        action=query.action,
    )

    def item(row: AuditRow) -> AuditAnswer:
        return AuditAnswer.of(row, page.emails.get(row.actor))

    return Page[AuditAnswer].of(page.rows, query.limit, item=item, key=lambda row: (row.id,))


@ROUTES.get(
    "/admin/v1/audit/verification", access=AdminPermission.AUDIT_READ, summary="Whether the last week's log is whole"
)
async def admin_verify_audit(
    request: web.Request, tx: Tx, caller: StaffCaller, seal: CheckpointSeal
) -> VerificationAnswer:
    """Walks every row of the last seven days, and the checkpoints of those that are over."""
    since = (tx.now - timedelta(days=VERIFIED_DAYS)).date()
    verdict = await verify_audit(tx, seal, since=since)
    outcome = "broken" if verdict.broken else "whole"
    record(tx, witness_of(request, caller), "audit.verified", outcome=outcome, rows=verdict.rows)
    return VerificationAnswer.of(verdict, since)
