"""/v1/billing/invoices."""

from datetime import datetime
from uuid import UUID

from billing.api.caller import organization_of
from billing.api.models import InvoiceAnswer
from billing.usecases.show_billing import list_invoices
from chassis.database import Tx
from chassis.web import Caller, Listing, Page, Routes
from contracts.permissions import Permission

ROUTES = Routes("billing", while_suspended=True)


@ROUTES.get("/v1/billing/invoices", access=Permission.BILLING_READ, summary="Invoices that were issued")
async def get_invoices(tx: Tx, caller: Caller, query: Listing) -> Page[InvoiceAnswer]:
    """The newest first."""
    after = query.after(datetime, UUID)
    rows = await list_invoices(
        tx, organization_of(caller), after=(after[0], after[1]) if after else None, limit=query.limit
    )
    return Page[InvoiceAnswer].of(
        rows, query.limit, item=InvoiceAnswer.of, key=lambda invoice: (invoice.state.created_at, invoice.id)
    )
