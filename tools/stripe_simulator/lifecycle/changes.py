"""Changes of a running subscription's items, with exact prorations."""

from fractions import Fraction
from typing import Literal

from stripe_simulator.lifecycle import amounts, calendar, cycles, lines
from stripe_simulator.rendering import rendered
from stripe_simulator.store import Obj
from stripe_simulator.transaction import Tx

ProrationBehavior = Literal["always_invoice", "create_prorations", "none"]


def change_items(
    tx: Tx,
    subscription: Obj,
    items: list[Obj],
    *,
    proration: ProrationBehavior,
    moment: int,
    payment: cycles.PaymentBehavior,
    reset: bool,
    off_session: bool,
) -> Obj | None:
    """Put the new items in place of the old; the invoice that this makes at once, if any.

    Credit for the old and charge for the new are their amount times the part of the period that is left, by the
    second. The cycle starts anew (`reset`, another interval, or from free to paid): then the full new amount is due.
    """
    old = subscription["items"]["data"]
    since = rendered(tx, tx.fetch("subscription", subscription["id"]))
    if subscription["status"] in ("trialing", "paused"):
        cycles.put_items(subscription, items)
        tx.update(subscription, cycles.UPDATED)
        return None
    reset = reset or _starts_anew(tx, old, items)
    if proration != "none":
        _prorate(tx, subscription, old, items, moment, credits_only=reset)
    cycles.put_items(subscription, items)
    if reset:
        subscription["billing_cycle_anchor"] = tx.now
        recurring = cycles.recurring_of(tx, subscription)
        cycles.enter_period(tx, subscription, *calendar.period(tx.now, recurring, tx.now))
    invoice = _drafted(tx, subscription, full=reset) if reset or proration == "always_invoice" else None
    tx.update(subscription, cycles.UPDATED, since=since)
    if invoice is not None and subscription["collection_method"] == "charge_automatically":
        cycles.collect_now(tx, invoice, payment, off_session=off_session)
        if payment == "default_incomplete" and invoice["status"] == "open":
            current = tx.fetch("subscription", subscription["id"])
            tx.update({**current, "status": "past_due"}, cycles.UPDATED)
    return invoice


def _drafted(tx: Tx, subscription: Obj, *, full: bool) -> Obj | None:
    start, end = cycles.period_of(subscription)
    own = [lines.subscription_line(tx, item, start, end) for item in subscription["items"]["data"]] if full else []
    pending = (item for item in tx.scan("invoiceitem") if lines.subscription_of(item) == subscription["id"])
    if not own and all(item["invoice"] is not None for item in pending):
        return None
    return cycles.drafted(tx, subscription, own, "subscription_update", (tx.now, tx.now))


def _starts_anew(tx: Tx, old: list[Obj], new: list[Obj]) -> bool:
    def interval(items: list[Obj]) -> tuple[str, int]:
        recurring = tx.fetch("price", items[0]["price"])["recurring"]
        return recurring["interval"], recurring["interval_count"]

    def free(items: list[Obj]) -> bool:
        return all(amounts.exact(tx.fetch("price", i["price"]), i["quantity"] or 0) == 0 for i in items)

    return interval(old) != interval(new) or (free(old) and not free(new))


def _prorate(tx: Tx, subscription: Obj, old: list[Obj], new: list[Obj], moment: int, *, credits_only: bool) -> None:
    before = {item["id"]: item for item in old}
    after = {item["id"]: item for item in new}
    for key in before | after:
        was, now = before.get(key), after.get(key)
        same = was and now and (was["price"], was["quantity"]) == (now["price"], now["quantity"])
        if same and not credits_only:
            continue
        if was is not None:
            _proration(tx, subscription, was, moment, credit=True)
        if now is not None and not credits_only:
            _proration(tx, subscription, now, moment, credit=False)


def _proration(tx: Tx, subscription: Obj, item: Obj, moment: int, *, credit: bool) -> None:
    price = tx.fetch("price", item["price"])
    start, end = cycles.period_of(subscription)
    share = Fraction(max(end - max(moment, start), 0), end - start)
    amount = amounts.rounded(amounts.exact(price, item["quantity"] or 0) * share)
    if amount == 0:
        return
    name = tx.fetch("product", price["product"])["name"]
    new = lines.new_item(
        tx,
        subscription["customer"],
        subscription["currency"],
        -amount if credit else amount,
        description=f"{'Unused' if credit else 'Remaining'} time on {item['quantity']} x {name}",
        period=(moment, end),
        price=price,
        quantity=item["quantity"] or 0,
        subscription=subscription["id"],
        subscription_item=item["id"],
        proration=True,
    )
    tx.create(new)
