"""How a subscription looks: its items with their prices as they are now."""

from stripe_simulator.identifiers import new_id
from stripe_simulator.rendering import filled, rendered, shows
from stripe_simulator.store import Obj, Objects
from stripe_simulator.transaction import Tx


@shows("subscription")
def show(objects: Objects, subscription: Obj) -> Obj:
    """Stored items name their price; shown ones hold it, and the older plan that stands for it."""
    items = subscription["items"]
    return {**subscription, "items": {**items, "data": [show_item(objects, item) for item in items["data"]]}}


@shows("subscription_item")
def show_item(objects: Objects, item: Obj) -> Obj:
    """One item with its price."""
    price = objects.peek("price", item["price"]) if isinstance(item["price"], str) else item["price"]
    assert price is not None
    shown = {**item, "price": rendered(objects, price), "plan": _plan(price)}
    if price["recurring"]["usage_type"] == "metered":
        del shown["quantity"]
    return shown


def new_item(tx: Tx, subscription: str, price: Obj, quantity: int, metadata: dict[str, str]) -> Obj:
    """An item as it is stored; its period is set when the subscription enters one."""
    return {
        "id": new_id("subscription_item"),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": tx.now,
        "current_period_end": tx.now,
        "current_period_start": tx.now,
        "discounts": [],
        "metadata": metadata,
        "price": price["id"],
        "quantity": None if price["recurring"]["usage_type"] == "metered" else quantity,
        "subscription": subscription,
        "tax_rates": [],
    }


def new_subscription(tx: Tx, customer: str, currency: str) -> Obj:
    """A subscription that has not started, without items."""
    return {
        "id": new_id("subscription"),
        "object": "subscription",
        **filled(_EMPTY),
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": tx.now,
        "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible", "updated_at": tx.now},
        "billing_schedules": [],
        "cancel_at_period_end": False,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": tx.now,
        "currency": currency,
        "customer": customer,
        "default_tax_rates": [],
        "discounts": [],
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "livemode": False,
        "metadata": {},
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "start_date": tx.now,
        "status": "active",
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
    }


def _plan(price: Obj) -> Obj:
    recurring = price["recurring"]
    package = price["transform_quantity"]
    return {
        "id": price["id"],
        "object": "plan",
        "active": price["active"],
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "billing_scheme": price["billing_scheme"],
        "created": price["created"],
        "currency": price["currency"],
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "livemode": False,
        "metadata": dict(price["metadata"]),
        "meter": recurring["meter"],
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": price["tiers_mode"],
        "transform_usage": dict(package) if package else None,
        "trial_period_days": recurring["trial_period_days"],
        "usage_type": recurring["usage_type"],
    }


_EMPTY = (
    "application application_fee_percent billing_cycle_anchor_config billing_thresholds cancel_at canceled_at "
    "customer_account days_until_due default_payment_method default_source description ended_at latest_invoice "
    "next_pending_invoice_item_invoice on_behalf_of pause_collection pending_invoice_item_interval "
    "pending_setup_intent pending_update schedule test_clock transfer_data trial_end trial_start"
)
