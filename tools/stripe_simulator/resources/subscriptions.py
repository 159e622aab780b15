"""`/v1/subscriptions`."""

from stripe_simulator.errors import invalid, missing
from stripe_simulator.lifecycle import changes, collection, cycles, endings
from stripe_simulator.listing import page
from stripe_simulator.operations import Operations
from stripe_simulator.params import Params, merged
from stripe_simulator.rendering import rendered
from stripe_simulator.resources.subscription_params import (
    Cancel,
    ChangedItem,
    Common,
    Create,
    NewItem,
    Query,
    Resume,
    Update,
)
from stripe_simulator.resources.subscription_shape import new_item, new_subscription
from stripe_simulator.store import Obj
from stripe_simulator.transaction import Tx

operations = Operations()
_DAY = 86_400


@operations.post("/v1/subscriptions", Create)
def create(tx: Tx, params: Create) -> Obj:
    """Starts at once, with a trial or with its first payment."""
    customer = tx.fetch("customer", params.customer, param="customer")
    prices = [_price(tx, item.price, f"items[{i}][price]") for i, item in enumerate(params.items)]
    _check_prices(prices, params.currency)
    for index, (item, price) in enumerate(zip(params.items, prices, strict=True)):
        _check_quantity(item, price, f"items[{index}][quantity]")
    subscription = new_subscription(tx, customer["id"], prices[0]["currency"])
    pairs = zip(params.items, prices, strict=True)
    cycles.put_items(
        subscription,
        [new_item(tx, subscription["id"], p, item.quantity, merged({}, item.metadata)) for item, p in pairs],
    )
    _change(tx, subscription, params)
    subscription |= _trial(tx, params, prices)
    if customer["currency"] is None:
        tx.update({**customer, "currency": subscription["currency"]})
    cycles.start(tx, subscription, params.payment_behavior, off_session=params.off_session)
    return rendered(tx, tx.fetch("subscription", subscription["id"]))


@operations.get("/v1/subscriptions", Query)
def list_subscriptions(tx: Tx, query: Query) -> Obj:
    """Newest first."""
    if query.customer is not None:
        tx.fetch("customer", query.customer, param="customer")
    return page(tx, "subscription", "/v1/subscriptions", query, lambda found: _wanted(found, query))


@operations.get("/v1/subscriptions/{subscription}")
def retrieve(tx: Tx, _params: Params, id: str) -> Obj:
    """Also one that has ended."""
    return rendered(tx, tx.fetch("subscription", id))


@operations.post("/v1/subscriptions/{subscription}", Update)
def update(tx: Tx, params: Update, id: str) -> Obj:
    """Only what is named changes; new items are prorated as asked."""
    subscription = tx.fetch("subscription", id)
    if subscription["status"] in endings.ENDED:
        raise invalid("A subscription that has ended can only change its metadata.", param="id")
    apply(tx, subscription, params)
    return rendered(tx, tx.fetch("subscription", id))


@operations.delete("/v1/subscriptions/{subscription}", Cancel)
def cancel(tx: Tx, params: Cancel, id: str) -> Obj:
    """At once; nothing is refunded."""
    subscription = tx.fetch("subscription", id)
    if subscription["status"] in endings.ENDED:
        raise missing("subscription", id, status=404)
    if params.cancellation_details is not None:
        subscription["cancellation_details"] |= params.cancellation_details.given("comment", "feedback")
    endings.end(tx, subscription)
    return rendered(tx, tx.fetch("subscription", id))


@operations.post("/v1/subscriptions/{subscription}/resume", Resume)
def resume(tx: Tx, _params: Resume, id: str) -> Obj:
    """A paused subscription goes on, and is billed from now."""
    subscription = tx.fetch("subscription", id)
    if subscription["status"] != "paused":
        raise invalid("Only a paused subscription can be resumed.", param="id")
    subscription |= {"status": "active", "billing_cycle_anchor": tx.now}
    cycles.roll(tx, subscription, at_once=True)
    tx.emit("customer.subscription.resumed", subscription)
    return rendered(tx, tx.fetch("subscription", id))


def apply(tx: Tx, subscription: Obj, params: Update) -> Obj | None:
    """Carry out an update; the invoice that it makes at once, if any."""
    _change(tx, subscription, params)
    if params.cancellation_details is not None:
        subscription["cancellation_details"] |= params.cancellation_details.given("comment", "feedback")
    if "pause_collection" in params.model_fields_set:
        pause = params.pause_collection.model_dump() if params.pause_collection else None
        cycles.pause_collection(tx, subscription, pause)
    if params.trial_end is not None:
        _move_trial_end(tx, subscription, params.trial_end)
        subscription = tx.fetch("subscription", subscription["id"])
    items = _new_items(tx, subscription, params.items or [])
    if params.items is None and params.billing_cycle_anchor == "unchanged":
        tx.update(subscription, cycles.UPDATED)
        return None
    _check_moment(subscription, params.proration_date)
    return changes.change_items(
        tx,
        subscription,
        items,
        proration=params.proration_behavior,
        moment=params.proration_date or tx.now,
        payment=params.payment_behavior,
        reset=params.billing_cycle_anchor == "now",
        off_session=params.off_session,
    )


def _new_items(tx: Tx, subscription: Obj, changed: list[ChangedItem]) -> list[Obj]:
    items = {item["id"]: dict(item) for item in subscription["items"]["data"]}
    for index, change in enumerate(changed):
        if change.id is None:
            price = _price(tx, change.price, f"items[{index}][price]")
            _check_quantity(change, price, f"items[{index}][quantity]")
            quantity = 1 if change.quantity is None else change.quantity
            item = new_item(tx, subscription["id"], price, quantity, merged({}, change.metadata))
            start, end = cycles.period_of(subscription)
            items[item["id"]] = item | {"current_period_start": start, "current_period_end": end}
        elif change.id not in items:
            raise missing("subscription_item", change.id, param=f"items[{index}][id]")
        elif change.deleted:
            del items[change.id]
        else:
            _change_item(tx, items[change.id], change, index)
    if not items:
        raise invalid("A subscription needs at least one item.", param="items")
    found = list(items.values())
    _check_prices([tx.fetch("price", item["price"]) for item in found], subscription["currency"])
    return found


def _change_item(tx: Tx, item: Obj, change: ChangedItem, index: int) -> None:
    if change.price is not None:
        item["price"] = _price(tx, change.price, f"items[{index}][price]")["id"]
    price = tx.fetch("price", item["price"])
    _check_quantity(change, price, f"items[{index}][quantity]")
    if price["recurring"]["usage_type"] == "metered":
        item["quantity"] = None
    elif change.quantity is not None or item["quantity"] is None:
        item["quantity"] = 1 if change.quantity is None else change.quantity
    if "metadata" in change.model_fields_set:
        item["metadata"] = merged(item["metadata"], change.metadata)


def _change(tx: Tx, subscription: Obj, params: Common) -> None:
    subscription |= params.given("collection_method", "days_until_due", "description")
    if "metadata" in params.model_fields_set:
        subscription["metadata"] = merged(subscription["metadata"], params.metadata)
    if "default_payment_method" in params.model_fields_set:
        chosen = params.default_payment_method
        method = collection.given_method(tx, chosen, subscription["customer"]) if chosen else None
        subscription["default_payment_method"] = method and method["id"]
    if params.payment_settings is not None:
        given = params.payment_settings.given("payment_method_types", "save_default_payment_method")
        subscription["payment_settings"] |= given
    if params.trial_settings is not None:
        subscription["trial_settings"] = params.trial_settings.model_dump()
    _plan_end(tx, subscription, params)
    if subscription["collection_method"] == "send_invoice" and subscription["days_until_due"] is None:
        raise invalid("Invoices that are sent need days_until_due.", param="days_until_due", code="parameter_missing")


def _plan_end(tx: Tx, subscription: Obj, params: Common) -> None:
    if "cancel_at_period_end" in params.model_fields_set:
        end = params.cancel_at_period_end
        subscription["cancel_at_period_end"] = end
        subscription["cancel_at"] = cycles.period_of(subscription)[1] if end else None
        subscription["canceled_at"] = tx.now if end else None
        subscription["cancellation_details"]["reason"] = "cancellation_requested" if end else None
    if "cancel_at" in params.model_fields_set:
        tx.unschedule(subscription["id"], "cancel_at")
        subscription |= {"cancel_at": params.cancel_at, "canceled_at": params.cancel_at and tx.now}
        if params.cancel_at is not None:
            tx.schedule(params.cancel_at, "cancel_at", subscription["id"])


def _trial(tx: Tx, params: Create, prices: list[Obj]) -> Obj:
    days = params.trial_period_days
    if days is None and params.trial_from_plan:
        days = next((price["recurring"]["trial_period_days"] for price in prices), None)
    if days is not None and params.trial_end is not None:
        raise invalid("Use either trial_period_days or trial_end.", param="trial_end", code="parameters_exclusive")
    end = tx.now + days * _DAY if days is not None else params.trial_end
    if end is None or end == "now":
        return {}
    if end <= tx.now:
        raise invalid("The end of the trial has passed.", param="trial_end")
    return {"trial_start": tx.now, "trial_end": end}


def _move_trial_end(tx: Tx, subscription: Obj, end: int | str) -> None:
    moment = tx.now if end == "now" else int(end)
    subscription |= {"trial_end": moment, "billing_cycle_anchor": moment}
    if end == "now":
        if subscription["status"] == "trialing":
            cycles.end_trial(tx, subscription, at_once=True)
        return
    if moment <= tx.now:
        raise invalid("The end of the trial has passed.", param="trial_end")
    subscription |= {"status": "trialing", "trial_start": subscription["trial_start"] or tx.now}
    cycles.enter_period(tx, subscription, tx.now, moment)
    tx.update(subscription, cycles.UPDATED)


def _check_moment(subscription: Obj, moment: int | None) -> None:
    start, end = cycles.period_of(subscription)
    if moment is not None and not start <= moment <= end:
        raise invalid("The date of the proration lies outside of the current period.", param="proration_date")


def _check_quantity(item: NewItem | ChangedItem, price: Obj, param: str) -> None:
    if (
        price["recurring"]["usage_type"] == "metered"
        and item.quantity is not None
        and "quantity" in item.model_fields_set
    ):
        raise invalid("What is metered has no quantity.", param=param)


def _price(tx: Tx, id: str | None, param: str) -> Obj:
    if id is None:
        raise invalid(f"Missing required param: {param}.", param=param, code="parameter_missing")
    price = tx.fetch("price", id, param=param)
    if price["recurring"] is None:
        raise invalid("Only recurring prices can be subscribed to.", param=param)
    if not price["active"]:
        raise invalid("The price is not active.", param=param)
    return price


def _check_prices(prices: list[Obj], currency: str | None) -> None:
    """One currency, one interval, no price twice."""
    first = prices[0]
    if any(price["currency"] != (currency or first["currency"]) for price in prices):
        raise invalid("All prices of a subscription have the same currency.", param="items")
    intervals = {(price["recurring"]["interval"], price["recurring"]["interval_count"]) for price in prices}
    if len(intervals) > 1:
        raise invalid("All prices of a subscription have the same interval.", param="items")
    if len({price["id"] for price in prices}) < len(prices):
        raise invalid("Each price can be in a subscription once.", param="items")


def _wanted(found: Obj, query: Query) -> bool:
    if query.status is None:
        shown = found["status"] != "canceled"
    elif query.status == "ended":
        shown = found["status"] in endings.ENDED
    else:
        shown = query.status in ("all", found["status"])
    return (
        shown
        and query.in_time(found["created"])
        and (query.customer is None or found["customer"] == query.customer)
        and (query.collection_method is None or found["collection_method"] == query.collection_method)
        and (query.price is None or any(item["price"] == query.price for item in found["items"]["data"]))
    )
