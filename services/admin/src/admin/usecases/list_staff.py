"""Who is staff."""

from uuid import UUID

from admin.domain.staff import Staff
from admin.storage import staff
from admin.usecases.record import Witness, record
from chassis.database import Tx


async def list_staff(tx: Tx, by: Witness, *, after: UUID | None, limit: int) -> list[Staff]:
    """Up to `limit + 1`, the longest here first."""
    record(tx, by, "staff.listed")
    return await staff.list_staff(tx, after, limit)


async def show_self(tx: Tx, staff_id: UUID) -> Staff:
    """Oneself. Raises LookupError: a session names a person we have."""
    person = await staff.get_staff(tx, staff_id)
    if person is None:
        raise LookupError("no such person")
    return person
