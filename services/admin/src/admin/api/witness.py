"""Who acts, for the audit log."""

from aiohttp import web

from admin.usecases.record import NOBODY, Witness
from chassis.web import StaffCaller, client_address


def witness_of(request: web.Request, caller: StaffCaller | None = None) -> Witness:
    """The caller, or nobody before a sign-in; and the client's address."""
    return Witness(caller.actor if caller else NOBODY, client_address(request))
