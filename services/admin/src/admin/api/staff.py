"""/admin/v1/staff."""

from uuid import UUID

from aiohttp import web

from admin.api.models import StaffAnswer
from admin.api.witness import witness_of
from admin.usecases.list_staff import list_staff
from chassis.database import Tx
from chassis.web import Listing, Page, Routes, StaffCaller
from contracts.permissions import AdminPermission

ROUTES = Routes("staff")


@ROUTES.get("/admin/v1/staff", access=AdminPermission.STAFF_READ, summary="Our own staff")
async def admin_list_staff(request: web.Request, tx: Tx, caller: StaffCaller, query: Listing) -> Page[StaffAnswer]:
    """The longest here first."""
    after = query.after(UUID)
    rows = await list_staff(tx, witness_of(request, caller), after=after[0] if after else None, limit=query.limit)
    return Page[StaffAnswer].of(rows, query.limit, item=StaffAnswer.of, key=lambda row: (row.id,))
