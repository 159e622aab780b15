"""An invoice was seen at Stripe: bring the books up to it, and tell what it means."""

from collections.abc import Callable
from dataclasses import replace

from billing import events
from billing.domain.invoices import InvoiceObject, InvoiceState, announces_failure
from billing.domain.observations import Seen, Verdict, judge
from billing.storage import accounts, invoices
from billing.storage.invoices import Invoice
from billing.usecases.record_subscription import Recorded
from chassis.database import Tx
from contracts.ids import new_id

_ISSUED = frozenset({"open", "paid", "uncollectible", "void"})


async def record_invoice(tx: Tx, found: InvoiceObject, seen: Seen, *, failed_attempt: bool = False) -> Recorded:
    """Store the state if it is newer; `failed_attempt` says that the event was about one."""
    owner = await accounts.find_owner(tx, found.organization_id, found.customer)
    account = await accounts.lock_account(tx, owner) if owner else None
    if account is None:
        return Recorded.FOREIGN
    stored = await invoices.get_by_stripe_id(tx, found.state.stripe_id)
    verdict = judge(
        seen,
        same=stored is not None and stored.state == found.state,
        stored_as_of=stored.as_of if stored else None,
        stored_version=stored.version if stored else 0,
    )
    if verdict is Verdict.REFETCH:
        return Recorded.REFETCH
    if stored is None:
        stored = Invoice(new_id(), account.org_id, found.state, seen.as_of, 0, 0)
        await invoices.insert_invoice(tx, stored)
        await _tell(tx, stored, None, failed_attempt=failed_attempt)
        return Recorded.DONE
    now = replace(stored, state=found.state, as_of=max(seen.as_of, stored.as_of))
    await _tell(tx, now, stored.state, failed_attempt=failed_attempt)
    return Recorded.DONE


async def _tell(tx: Tx, invoice: Invoice, before: InvoiceState | None, *, failed_attempt: bool) -> None:
    """One event a fact, each with a version of its own: of two under one version a projection would lose one."""
    told = invoice
    for add in _facts(invoice.state, before):
        told = replace(told, version=told.version + 1)
        add(tx, told)
    if announces_failure(invoice.state, failed_attempt, invoice.failed_attempts):
        told = replace(told, version=told.version + 1, failed_attempts=invoice.state.attempt_count)
        events.add_invoice_payment_failed(tx, told, None)
    if told.version == invoice.version and before != invoice.state:
        told = replace(told, version=told.version + 1)
    await invoices.update_invoice(tx, told)


def _facts(state: InvoiceState, before: InvoiceState | None) -> list[Callable[[Tx, Invoice], None]]:
    facts: list[Callable[[Tx, Invoice], None]] = []
    if state.status in _ISSUED and (before is None or before.status not in _ISSUED):
        facts.append(events.add_invoice_finalized)
    if state.status == "paid" and (before is None or before.status != "paid"):
        facts.append(events.add_invoice_paid)
    return facts
