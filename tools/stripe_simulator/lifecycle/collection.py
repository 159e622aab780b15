"""Getting invoices paid: with the card at hand, again after a failure, and what it means for the subscription."""

from typing import Literal

from stripe_simulator.errors import StripeError, invalid
from stripe_simulator.identifiers import new_id
from stripe_simulator.lifecycle import endings, invoices, payments
from stripe_simulator.resources.payment_methods import resolve
from stripe_simulator.store import Obj
from stripe_simulator.timekeeper import task
from stripe_simulator.transaction import Tx

Result = Literal["paid", "requires_action", "failed", "waiting"]
# Days from one attempt to the next; after the last of them the subscription is cancelled.
_RETRIES = (3, 5, 7)


def method_for(tx: Tx, invoice: Obj) -> Obj | None:
    """The payment method that pays: the invoice's, else the subscription's, else the customer's."""
    subscription = tx.peek("subscription", invoice["_subscription"] or "")
    customer = tx.fetch("customer", invoice["customer"])
    chosen = (
        invoice["default_payment_method"]
        or (subscription and subscription["default_payment_method"])
        or customer["invoice_settings"]["default_payment_method"]
    )
    return tx.get("payment_method", chosen) if chosen else None


def has_method(tx: Tx, subscription: Obj) -> bool:
    """Whether there is anything to pay the subscription with."""
    customer = tx.fetch("customer", subscription["customer"])
    return bool(subscription["default_payment_method"] or customer["invoice_settings"]["default_payment_method"])


def open_invoice(tx: Tx, invoice: Obj) -> None:
    """Finalize it; what costs nothing is paid at once, the rest gets its payment intent."""
    invoices.finalize(tx, invoice)
    if invoice["amount_due"] == 0:
        _settled(tx, invoice, amount=0)
        return
    intent = payments.new_intent(tx, invoice["amount_due"], invoice["currency"], customer=invoice["customer"])
    intent |= {"_invoice": invoice["id"], "description": "Subscription" if invoice["_subscription"] else "Invoice"}
    method = method_for(tx, invoice)
    if method is not None:
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    tx.create(intent)
    payment = _invoice_payment(tx, invoice, intent)
    tx.save(payment)
    invoice |= {"_intent": intent["id"], "_payment": payment["id"]}
    tx.save(invoice)


def pay(tx: Tx, invoice: Obj, method: Obj | None = None, *, off_session: bool = False) -> Result:
    """Try to collect an open invoice now."""
    method = method or method_for(tx, invoice)
    intent = tx.fetch("payment_intent", invoice["_intent"])
    invoice |= {"attempted": True, "attempt_count": invoice["attempt_count"] + 1}
    if method is None:
        _failed(tx, invoice)
        return "failed"
    outcome = payments.confirm(tx, intent, method, off_session=off_session)
    return after(tx, invoice, outcome)


def after(tx: Tx, invoice: Obj, outcome: payments.Outcome) -> Result:
    """What the outcome of a payment means for its invoice."""
    if outcome == "succeeded":
        _settled(tx, invoice, amount=invoice["amount_due"])
        return "paid"
    _failed(tx, invoice, action=outcome == "requires_action")
    return "requires_action" if outcome == "requires_action" else "failed"


def pay_elsewhere(tx: Tx, invoice: Obj) -> None:
    """It was paid outside of Stripe."""
    intent = tx.get("payment_intent", invoice.get("_intent") or "")
    if intent is not None and intent["status"] != "canceled":
        payments.cancel(tx, intent, "automatic")
    invoice["amount_paid_off_stripe"] = invoice["amount_due"]
    _settled(tx, invoice, amount=invoice["amount_due"])


def refusal(tx: Tx, invoice: Obj) -> StripeError:
    """Stripe's error after a payment of that invoice failed."""
    intent = tx.fetch("payment_intent", invoice["_intent"])
    if intent["status"] == "requires_action":
        message = "The payment needs the customer's authentication."
        return StripeError(402, "card_error", message, code="invoice_payment_intent_requires_action", keep=True)
    if intent["last_payment_error"] is None:
        return no_method()
    return payments.refusal(tx, intent)


def no_method() -> StripeError:
    """There is nothing to charge."""
    return invalid("The customer has no default payment method. Set one, and try again.", code="resource_missing")


@task("finalize_invoice")
def finalize_when_due(tx: Tx, id: str) -> None:
    """A draft is opened an hour after it was made, and collected."""
    invoice = tx.get("invoice", id)
    if invoice is None or invoice["status"] != "draft":
        return
    open_invoice(tx, invoice)
    if invoice["status"] == "open" and invoice["collection_method"] == "charge_automatically":
        pay(tx, invoice)
    elif invoice["status"] == "open":
        tx.emit("invoice.sent", invoice)


@task("retry_payment")
def retry(tx: Tx, id: str) -> None:
    """The next attempt of dunning."""
    invoice = tx.get("invoice", id)
    if invoice is not None and invoice["status"] == "open":
        pay(tx, invoice, off_session=True)


def _settled(tx: Tx, invoice: Obj, *, amount: int) -> None:
    invoices.mark_paid(tx, invoice, amount=amount)
    payment = tx.get("invoice_payment", invoice.get("_payment") or "")
    if payment is not None and payment["status"] == "open":
        payment["status_transitions"]["paid_at"] = tx.now
        tx.update({**payment, "status": "paid", "amount_paid": amount}, "invoice_payment.paid")
    subscription = tx.get("subscription", invoice["_subscription"] or "")
    if subscription is None or subscription["latest_invoice"] != invoice["id"]:
        return
    intent = tx.peek("payment_intent", invoice.get("_intent") or "")
    if subscription["payment_settings"]["save_default_payment_method"] == "on_subscription" and intent is not None:
        subscription["default_payment_method"] = intent["payment_method"]
    if subscription["status"] in ("incomplete", "past_due", "unpaid"):
        tx.unschedule(subscription["id"], "expire_incomplete")
        subscription["status"] = "active"
    tx.update(subscription, "customer.subscription.updated")


def _failed(tx: Tx, invoice: Obj, *, action: bool = False) -> None:
    subscription = tx.get("subscription", invoice["_subscription"] or "")
    exhausted = invoice["attempt_count"] > len(_RETRIES)
    first = subscription is not None and subscription["status"] == "incomplete"
    tx.unschedule(invoice["id"], "retry_payment")
    invoice["next_payment_attempt"] = None
    if invoice["auto_advance"] and not exhausted and not first:
        due = tx.now + _RETRIES[invoice["attempt_count"] - 1] * 86_400
        invoice["next_payment_attempt"] = due
        tx.schedule(due, "retry_payment", invoice["id"])
    tx.update(invoice)
    if action:
        tx.emit("invoice.payment_action_required", invoice)
    tx.emit("invoice.payment_failed", invoice)
    if subscription is not None and subscription["status"] in ("active", "past_due") and subscription["latest_invoice"]:
        _overdue(tx, subscription, exhausted=exhausted)


def _overdue(tx: Tx, subscription: Obj, *, exhausted: bool) -> None:
    if exhausted:
        endings.end(tx, subscription, reason="payment_failed")
    elif subscription["status"] == "active":
        subscription["status"] = "past_due"
        tx.update(subscription, "customer.subscription.updated")


def _invoice_payment(tx: Tx, invoice: Obj, intent: Obj) -> Obj:
    return {
        "id": new_id("invoice_payment"),
        "object": "invoice_payment",
        "amount_paid": None,
        "amount_requested": invoice["amount_due"],
        "created": tx.now,
        "currency": invoice["currency"],
        "invoice": invoice["id"],
        "is_default": True,
        "livemode": False,
        "payment": {"payment_intent": intent["id"], "type": "payment_intent"},
        "status": "open",
        "status_transitions": {"canceled_at": None, "paid_at": None},
    }


def given_method(tx: Tx, id: str, customer: str, *, param: str = "default_payment_method") -> Obj:
    """A payment method named in a request. Raises invalid_request_error unless it is the customer's."""
    method = resolve(tx, id, param=param)
    if method["customer"] != customer:
        raise invalid(
            f"The customer does not have a payment method with the ID {id}.", param=param, code="resource_missing"
        )
    return method
