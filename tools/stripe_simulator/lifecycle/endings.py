"""The end of a subscription."""

from collections.abc import Callable

from stripe_simulator.lifecycle import invoices
from stripe_simulator.store import Obj
from stripe_simulator.transaction import Tx

ENDED = frozenset({"canceled", "incomplete_expired"})
TASKS = ("renew", "trial_will_end", "cancel_at", "expire_incomplete", "resume_collection")


def end(tx: Tx, subscription: Obj, *, reason: str = "cancellation_requested") -> None:
    """Cancel it now; a first invoice that was never paid is voided."""
    incomplete = subscription["status"] == "incomplete"
    subscription |= {"status": "canceled", "ended_at": tx.now}
    subscription["canceled_at"] = subscription["canceled_at"] or tx.now
    subscription["cancellation_details"]["reason"] = reason
    tx.unschedule(subscription["id"], *TASKS)
    tx.save(subscription)
    if incomplete:
        _void_first(tx, subscription)
    stop_collecting(tx, lambda invoice: invoice["_subscription"] == subscription["id"])
    tx.emit("customer.subscription.deleted", subscription)


def expire(tx: Tx, subscription: Obj) -> None:
    """The first payment was not made within 23 hours."""
    subscription |= {"status": "incomplete_expired", "ended_at": tx.now}
    tx.unschedule(subscription["id"], *TASKS)
    tx.update(subscription, "customer.subscription.updated")
    _void_first(tx, subscription)


def _void_first(tx: Tx, subscription: Obj) -> None:
    invoice = tx.get("invoice", subscription["latest_invoice"] or "")
    if invoice is not None and invoice["status"] == "open":
        invoices.void(tx, invoice)


def stop_collecting(tx: Tx, theirs: Callable[[Obj], bool]) -> None:
    """Open invoices stay open and drafts stay drafts, but nothing is tried any more."""
    for invoice in list(tx.scan("invoice")):
        if theirs(invoice) and invoice["status"] in ("open", "draft"):
            stopped = {**invoice, "auto_advance": False, "next_payment_attempt": None}
            tx.unschedule(invoice["id"], "retry_payment", "finalize_invoice")
            tx.update({**stopped, "automatically_finalizes_at": None})
