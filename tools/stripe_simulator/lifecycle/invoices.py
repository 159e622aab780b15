"""Invoices from draft to their end; what is paid for is in `collection`."""

from collections.abc import Callable

from stripe_simulator.errors import invalid
from stripe_simulator.identifiers import new_id
from stripe_simulator.lifecycle import lines as invoice_lines
from stripe_simulator.lifecycle import payments
from stripe_simulator.rendering import filled, listed
from stripe_simulator.store import Obj
from stripe_simulator.transaction import Tx

FINALIZED_AFTER = 3600


def draft(
    tx: Tx,
    customer: Obj,
    lines: list[Obj],
    *,
    currency: str,
    reason: str,
    period: tuple[int, int] | None = None,
    subscription: Obj | None = None,
    collection_method: str = "charge_automatically",
    days_until_due: int | None = None,
    auto_advance: bool = True,
    prepare: Callable[[Obj], None] = lambda _: None,
) -> Obj:
    """A new draft with these lines, saved and told; `prepare` may change it before anybody hears of it."""
    invoice = _new(tx, customer, currency, reason, period or (tx.now, tx.now))
    invoice |= {"collection_method": collection_method, "auto_advance": auto_advance, "_days_until_due": days_until_due}
    if subscription is not None:
        details = {"metadata": dict(subscription["metadata"]), "subscription": subscription["id"]}
        details["subscription_proration_date"] = None
        parent = {"quote_details": None, "subscription_details": details, "type": "subscription_details"}
        invoice |= {"parent": parent, "_subscription": subscription["id"], "description": subscription["description"]}
    put_lines(invoice, lines)
    if auto_advance:
        invoice["automatically_finalizes_at"] = tx.now + FINALIZED_AFTER
        tx.schedule(tx.now + FINALIZED_AFTER, "finalize_invoice", invoice["id"])
    prepare(invoice)
    _claim_items(tx, invoice)
    return tx.create(invoice)


def put_lines(invoice: Obj, lines: list[Obj]) -> None:
    """Give a draft its lines, and the sums that follow from them."""
    for line in lines:
        line["invoice"] = invoice["id"]
    invoice["lines"] = listed(f"/v1/invoices/{invoice['id']}/lines", lines) | {"total_count": len(lines)}
    total = sum(line["amount"] for line in lines)
    invoice |= filled("subtotal subtotal_excluding_tax total total_excluding_tax", total)
    due = max(total + invoice["starting_balance"], 0)
    invoice |= {"amount_due": due, "amount_remaining": due}


def add_item(tx: Tx, invoice: Obj, item: Obj) -> None:
    """Put an item on a draft. Raises invalid_request_error when the invoice is no draft any more."""
    if invoice["status"] != "draft":
        raise invalid("Only a draft takes new items.", param="invoice", code="invoice_not_editable")
    put_lines(invoice, [*invoice["lines"]["data"], invoice_lines.item_line(item)])
    _claim_items(tx, invoice)
    tx.update(invoice)


def pending_lines(tx: Tx, customer: str, subscription: str | None, currency: str) -> list[Obj]:
    """Lines for the customer's pending items; a subscription's own are left for its own invoice."""
    return [
        invoice_lines.item_line(item)
        for item in tx.scan("invoiceitem")
        if item["customer"] == customer
        and item["invoice"] is None
        and item["currency"] == currency
        and invoice_lines.subscription_of(item) in (None, subscription)
    ]


def _claim_items(tx: Tx, invoice: Obj) -> None:
    """Tell the invoice items behind an invoice's lines which invoice they are on."""
    for line in invoice["lines"]["data"]:
        parent = line["parent"]
        behind = (parent["invoice_item_details"] or parent["subscription_item_details"])["invoice_item"]
        item = tx.get("invoiceitem", behind) if behind else None
        if item is not None:
            tx.save({**item, "invoice": invoice["id"]})


def finalize(tx: Tx, invoice: Obj) -> None:
    """Number it, settle it against the customer's balance, and open it."""
    if invoice["status"] != "draft":
        raise invalid("Only a draft can be finalized.", code="invoice_not_editable")
    tx.unschedule(invoice["id"], "finalize_invoice")
    customer = tx.fetch("customer", invoice["customer"])
    sequence = customer["next_invoice_sequence"]
    balance = invoice["total"] + customer["balance"]
    due = max(balance, 0)
    page = f"{tx.settings.url}/_pages/invoices/{invoice['id']}"
    invoice |= {
        "amount_due": due,
        "amount_remaining": due,
        "automatically_finalizes_at": None,
        "due_date": _due_date(tx, invoice),
        "effective_at": tx.now,
        "ending_balance": min(balance, 0),
        "hosted_invoice_url": page,
        "number": f"{customer['invoice_prefix']}-{sequence:04d}",
        "starting_balance": customer["balance"],
        "status": "open",
    }
    invoice["status_transitions"]["finalized_at"] = tx.now
    tx.save(invoice)
    tx.emit("invoice.finalized", invoice)
    used = customer["balance"] != invoice["ending_balance"]
    customer |= {"next_invoice_sequence": sequence + 1, "balance": invoice["ending_balance"]}
    if used:
        tx.update(customer)
    else:
        tx.save(customer)


def mark_paid(tx: Tx, invoice: Obj, *, amount: int) -> None:
    """Nothing is owed any more."""
    invoice |= {"status": "paid", "amount_paid": amount, "amount_remaining": 0, "next_payment_attempt": None}
    invoice |= {"attempted": True, "auto_advance": False}
    invoice["status_transitions"]["paid_at"] = tx.now
    tx.unschedule(invoice["id"], "retry_payment")
    tx.update(invoice)
    tx.emit("invoice.paid", invoice)
    tx.emit("invoice.payment_succeeded", invoice)


def void(tx: Tx, invoice: Obj) -> None:
    """It was a mistake: it counts as zero."""
    if invoice["status"] not in ("open", "uncollectible"):
        raise invalid("Only an open or an uncollectible invoice can be voided.", code="invoice_not_editable")
    _close(tx, invoice, "void", "voided_at", "invoice.voided")
    intent = tx.get("payment_intent", invoice.get("_intent") or "")
    if intent is not None and intent["status"] not in ("succeeded", "canceled"):
        payments.cancel(tx, intent, "void_invoice")


def give_up(tx: Tx, invoice: Obj) -> None:
    """It will hardly be paid, and the books say so."""
    if invoice["status"] != "open":
        raise invalid("Only an open invoice can be marked as uncollectible.", code="invoice_not_editable")
    _close(tx, invoice, "uncollectible", "marked_uncollectible_at", "invoice.marked_uncollectible")


def _close(tx: Tx, invoice: Obj, status: str, moment: str, event: str) -> None:
    invoice |= {"status": status, "auto_advance": False, "next_payment_attempt": None}
    invoice["status_transitions"][moment] = tx.now
    tx.unschedule(invoice["id"], "retry_payment", "finalize_invoice")
    tx.update(invoice)
    tx.emit(event, invoice)


def _due_date(tx: Tx, invoice: Obj) -> int | None:
    days = invoice["_days_until_due"]
    given: int | None = invoice["due_date"]
    return tx.now + days * 86_400 if days is not None and given is None else given


def _customer_as_of_now(customer: Obj) -> Obj:
    """An invoice keeps what was known of the customer when it was made."""
    names = ("address", "email", "name", "phone", "shipping", "tax_exempt")
    settings = customer["invoice_settings"]
    kept = {f"customer_{name}": customer[name] for name in names}
    return {
        "customer": customer["id"],
        **kept,
        "custom_fields": settings["custom_fields"],
        "footer": settings["footer"],
    }


def _new(tx: Tx, customer: Obj, currency: str, reason: str, period: tuple[int, int]) -> Obj:
    return {
        "id": new_id("invoice"),
        "object": "invoice",
        **filled(_EMPTY),
        **filled(_ZERO, 0),
        "_subscription": None,
        "_days_until_due": None,
        "account_country": "US",
        "attempted": False,
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "billing_reason": reason,
        "created": tx.now,
        "currency": currency,
        **_customer_as_of_now(customer),
        "customer_tax_ids": [],
        "default_tax_rates": [],
        "discounts": [],
        "issuer": {"type": "self"},
        "livemode": False,
        "metadata": {},
        "payment_settings": filled("default_mandate payment_method_options payment_method_types"),
        "period_end": period[1],
        "period_start": period[0],
        "starting_balance": customer["balance"],
        "status": "draft",
        "status_transitions": filled("finalized_at marked_uncollectible_at paid_at voided_at"),
        "total_discount_amounts": [],
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "webhooks_delivered_at": tx.now,
    }


_ZERO = (
    "amount_due amount_overpaid amount_paid amount_remaining amount_shipping attempt_count "
    "post_payment_credit_notes_amount pre_payment_credit_notes_amount starting_balance"
)
_EMPTY = (
    "account_name account_tax_ids application automatically_finalizes_at customer_account default_payment_method "
    "default_source description due_date effective_at ending_balance from_invoice hosted_invoice_url invoice_pdf "
    "last_finalization_error latest_revision next_payment_attempt number on_behalf_of parent receipt_number "
    "rendering shipping_cost shipping_details statement_descriptor test_clock threshold_reason"
)
