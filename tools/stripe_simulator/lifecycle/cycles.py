"""A subscription from its start through trials and renewals."""

from typing import Literal

from stripe_simulator.lifecycle import calendar, collection, endings, invoices, lines
from stripe_simulator.rendering import listed
from stripe_simulator.store import Obj
from stripe_simulator.timekeeper import task
from stripe_simulator.transaction import Tx

PaymentBehavior = Literal["allow_incomplete", "default_incomplete", "error_if_incomplete"]
_INCOMPLETE_SECONDS = 23 * 3600
_TRIAL_NOTICE = 3 * 86_400
UPDATED = "customer.subscription.updated"


def recurring_of(tx: Tx, subscription: Obj) -> Obj:
    """How often the subscription is paid: all its prices agree."""
    first = subscription["items"]["data"][0]
    recurring: Obj = tx.fetch("price", first["price"])["recurring"]
    return recurring


def put_items(subscription: Obj, items: list[Obj]) -> None:
    """Give it its items."""
    url = f"/v1/subscription_items?subscription={subscription['id']}"
    subscription["items"] = listed(url, items) | {"total_count": len(items)}


def period_of(subscription: Obj) -> tuple[int, int]:
    """The current period of all its items."""
    first = subscription["items"]["data"][0]
    return first["current_period_start"], first["current_period_end"]


def enter_period(tx: Tx, subscription: Obj, start: int, end: int) -> None:
    """Put all items into that period; renewal comes at its end."""
    for item in subscription["items"]["data"]:
        item |= {"current_period_start": start, "current_period_end": end}
    if subscription["cancel_at_period_end"]:
        subscription["cancel_at"] = end
    tx.unschedule(subscription["id"], "renew")
    tx.schedule(end, "renew", subscription["id"])


def start(tx: Tx, subscription: Obj, behavior: PaymentBehavior, *, off_session: bool) -> None:
    """The first period and its invoice. Raises card_error for `error_if_incomplete` when the payment fails."""
    trial_end = subscription["trial_end"]
    if trial_end is not None:
        subscription |= {"status": "trialing", "billing_cycle_anchor": trial_end}
        enter_period(tx, subscription, tx.now, trial_end)
        tx.schedule(max(trial_end - _TRIAL_NOTICE, tx.now), "trial_will_end", subscription["id"])
    else:
        enter_period(tx, subscription, *calendar.period(tx.now, recurring_of(tx, subscription), tx.now))
    invoice = _drafted(tx, subscription, "subscription_create")
    automatic = subscription["collection_method"] == "charge_automatically"
    owed = automatic and invoice["amount_due"] > 0
    if owed and behavior != "default_incomplete" and not collection.has_method(tx, subscription):
        raise collection.no_method()
    if trial_end is None:
        subscription["status"] = "incomplete" if owed else "active"
    tx.save(subscription)
    tx.emit("customer.subscription.created", subscription)
    if owed:
        tx.schedule(tx.now + _INCOMPLETE_SECONDS, "expire_incomplete", subscription["id"])
    if automatic:
        collect_now(tx, invoice, behavior, off_session=off_session)


def collect_now(tx: Tx, invoice: Obj, behavior: PaymentBehavior, *, off_session: bool) -> None:
    """Open the invoice and, unless the customer is to confirm first, charge it."""
    collection.open_invoice(tx, invoice)
    if invoice["status"] != "open" or behavior == "default_incomplete":
        return
    result = collection.pay(tx, invoice, off_session=off_session)
    if result != "paid" and behavior == "error_if_incomplete":
        error = collection.refusal(tx, invoice)
        error.keep = False
        raise error


def pause_collection(tx: Tx, subscription: Obj, pause: Obj | None) -> None:
    """Hold its invoices back, until a moment if one is given; None goes on collecting."""
    subscription["pause_collection"] = pause
    tx.unschedule(subscription["id"], "resume_collection")
    if pause is not None and pause["resumes_at"] is not None:
        tx.schedule(pause["resumes_at"], "resume_collection", subscription["id"])


def end_trial(tx: Tx, subscription: Obj, *, at_once: bool = False) -> None:
    """The trial is over: bill, or do what was asked for when there is nothing to bill."""
    tx.unschedule(subscription["id"], "trial_will_end", "renew")
    settings = subscription["trial_settings"]["end_behavior"]["missing_payment_method"]
    if not collection.has_method(tx, subscription) and settings != "create_invoice":
        if settings == "cancel":
            endings.end(tx, subscription)
            return
        subscription["status"] = "paused"
        tx.update(subscription, UPDATED)
        tx.emit("customer.subscription.paused", subscription)
        return
    subscription["status"] = "active"
    roll(tx, subscription, at_once=at_once)


def roll(tx: Tx, subscription: Obj, *, at_once: bool = False) -> Obj:
    """Enter the period that begins now, and bill it: in an hour's time, or at once."""
    anchor = subscription["billing_cycle_anchor"]
    enter_period(tx, subscription, *calendar.period(anchor, recurring_of(tx, subscription), tx.now))
    invoice = _drafted(tx, subscription, "subscription_cycle")
    tx.update(subscription, UPDATED)
    if subscription["pause_collection"] is not None:
        _hold_back(tx, invoice, subscription["pause_collection"]["behavior"])
    elif at_once:
        collect_now(tx, invoice, "allow_incomplete", off_session=False)
    return invoice


def _drafted(tx: Tx, subscription: Obj, reason: str) -> Obj:
    """The draft for the current period with all pending items."""
    start, end = period_of(subscription)
    trial = subscription["status"] == "trialing"
    own = [lines.subscription_line(tx, item, start, end, trial=trial) for item in subscription["items"]["data"]]
    return drafted(tx, subscription, own, reason, (start, start if reason == "subscription_create" else end))


def drafted(tx: Tx, subscription: Obj, own: list[Obj], reason: str, period: tuple[int, int]) -> Obj:
    """A draft of these lines and of all that is pending; it becomes the subscription's latest invoice."""
    customer = tx.fetch("customer", subscription["customer"])
    pending = invoices.pending_lines(tx, customer["id"], subscription["id"], subscription["currency"])
    invoice = invoices.draft(
        tx,
        customer,
        pending + own,
        currency=subscription["currency"],
        reason=reason,
        period=period,
        subscription=subscription,
        collection_method=subscription["collection_method"],
        days_until_due=subscription["days_until_due"],
        auto_advance=subscription["status"] != "unpaid",
    )
    subscription["latest_invoice"] = invoice["id"]
    return invoice


def _hold_back(tx: Tx, invoice: Obj, behavior: str) -> None:
    """Collection is paused: what happens to the invoices meanwhile."""
    tx.unschedule(invoice["id"], "finalize_invoice")
    if behavior == "keep_as_draft":
        tx.update({**invoice, "auto_advance": False, "automatically_finalizes_at": None})
        return
    invoices.finalize(tx, invoice)
    if behavior == "void":
        invoices.void(tx, invoice)
    else:
        invoices.give_up(tx, invoice)


@task("renew")
def renew(tx: Tx, id: str) -> None:
    """The period is over."""
    subscription = tx.fetch("subscription", id)
    if subscription["cancel_at_period_end"]:
        endings.end(tx, subscription)
    elif subscription["status"] == "trialing":
        end_trial(tx, subscription)
    elif subscription["status"] in ("active", "past_due", "unpaid"):
        roll(tx, subscription)


@task("trial_will_end")
def trial_will_end(tx: Tx, id: str) -> None:
    """Three days before the end of the trial, or at once for a shorter one."""
    tx.emit("customer.subscription.trial_will_end", tx.fetch("subscription", id))


@task("cancel_at")
def cancel_at(tx: Tx, id: str) -> None:
    """The moment that was set for the end."""
    endings.end(tx, tx.fetch("subscription", id))


@task("expire_incomplete")
def expire_incomplete(tx: Tx, id: str) -> None:
    """23 hours without the first payment."""
    subscription = tx.fetch("subscription", id)
    if subscription["status"] == "incomplete":
        endings.expire(tx, subscription)


@task("resume_collection")
def resume_collection(tx: Tx, id: str) -> None:
    """The pause of collection is over."""
    subscription = tx.fetch("subscription", id)
    tx.update({**subscription, "pause_collection": None}, UPDATED)
