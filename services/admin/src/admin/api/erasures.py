"""/admin/v1/erasures: what was to be erased, and which services have."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from aiohttp import web
from pydantic import Field

from admin.api.models import Answer
from admin.api.witness import witness_of
from admin.domain.erasures import Acknowledgement, Erasure
from admin.usecases.follow_erasure import list_erasures, show_erasure
from chassis.database import Tx
from chassis.problems import NotFound
from chassis.web import Door, Listing, Page, Routes, StaffCaller
from contracts.erasure import SubjectKind
from contracts.permissions import AdminPermission

ROUTES = Routes("erasures")


class ErasuresQuery(Listing):
    """What narrows the list."""

    outstanding: Annotated[bool, Field(description="Only those that a service has not acknowledged yet.")] = False


class AcknowledgementAnswer(Answer):
    """A service erased; `kept` says what stays there and why."""

    service: str
    erased_at: datetime
    kept: list[str]

    @classmethod
    def of(cls, acknowledgement: Acknowledgement) -> Self:
        return cls(**vars(acknowledgement))


class ErasureAnswer(Answer):
    """A purged organization or a deleted person, by id alone. Services are awaited since `requested_at`."""

    subject_id: UUID
    kind: SubjectKind
    requested_at: datetime
    completed_at: datetime | None
    acknowledged: list[AcknowledgementAnswer]
    outstanding: list[str]

    @classmethod
    def of(cls, erasure: Erasure) -> Self:
        return cls(
            subject_id=erasure.subject_id,
            kind=erasure.kind,
            requested_at=erasure.requested_at,
            completed_at=erasure.completed_at,
            acknowledged=[AcknowledgementAnswer.of(one) for one in erasure.acknowledged],
            outstanding=erasure.outstanding,
        )


@ROUTES.get("/admin/v1/erasures", access=AdminPermission.CUSTOMERS_READ, summary="Erasures and who acknowledged them")
async def admin_list_erasures(
    request: web.Request, tx: Tx, caller: StaffCaller, query: ErasuresQuery
) -> Page[ErasureAnswer]:
    """The latest first."""
    rows = await list_erasures(
        tx,
        witness_of(request, caller),
        outstanding=query.outstanding,
        before=query.after(datetime, UUID),
        limit=query.limit,
    )
    return Page[ErasureAnswer].of(
        rows, query.limit, item=ErasureAnswer.of, key=lambda row: (row.requested_at, row.subject_id)
    )


@ROUTES.get("/admin/v1/erasures/{subject_id}", access=AdminPermission.CUSTOMERS_READ, summary="One erasure")
async def admin_show_erasure(request: web.Request, door: Door, caller: StaffCaller, subject_id: UUID) -> ErasureAnswer:
    """Of an organization or a person. The look is put down also where there is nothing."""
    found = await door.read(lambda tx: show_erasure(tx, witness_of(request, caller), subject_id))
    if found is None:
        raise NotFound("Nobody asked for such an erasure.")
    return ErasureAnswer.of(found)
