"""Invoice items and the lines of an invoice."""

from stripe_simulator.identifiers import new_id
from stripe_simulator.lifecycle import amounts
from stripe_simulator.store import Obj
from stripe_simulator.transaction import Tx


def pricing(price: Obj | None, amount: int, quantity: int) -> Obj | None:
    """Where an amount comes from: its price, or itself for an amount that was given."""
    if price is None:
        unit = str(amount // quantity) if quantity and amount % quantity == 0 else None
        return {"type": "price_details", "unit_amount_decimal": unit}
    details = {"price": price["id"], "product": price["product"]}
    return {"price_details": details, "type": "price_details", "unit_amount_decimal": price["unit_amount_decimal"]}


def subscription_line(tx: Tx, item: Obj, start: int, end: int, *, trial: bool = False) -> Obj:
    """What an item costs for one period; nothing during a trial."""
    price = tx.fetch("price", item["price"])
    quantity = item["quantity"] if item["quantity"] is not None else 0
    amount = 0 if trial else amounts.rounded(amounts.exact(price, quantity))
    name = tx.fetch("product", price["product"])["name"]
    parent = {
        "invoice_item_details": None,
        "subscription_item_details": {
            "invoice_item": None,
            "proration": False,
            "proration_details": {"credited_items": None},
            "subscription": item["subscription"],
            "subscription_item": item["id"],
        },
        "type": "subscription_item_details",
    }
    return _line(
        currency=price["currency"],
        amount=amount,
        description=f"Trial period for {name}" if trial else f"{quantity} x {name}",
        period=(start, end),
        parent=parent,
        pricing=pricing(price, amount, quantity),
        quantity=quantity,
    )


def item_line(item: Obj) -> Obj:
    """A pending invoice item as a line."""
    proration = {"proration": item["proration"], "proration_details": {"credited_items": None}}
    subscription = (item["parent"] or {}).get("subscription_details") or {}
    if subscription.get("subscription_item"):
        details = {**proration, **subscription, "invoice_item": item["id"]}
        parent: Obj = {"invoice_item_details": None, "subscription_item_details": details}
        parent["type"] = "subscription_item_details"
    else:
        details = {**proration, "invoice_item": item["id"], "subscription": subscription.get("subscription")}
        parent = {"invoice_item_details": details, "subscription_item_details": None, "type": "invoice_item_details"}
    names = ("currency", "amount", "description", "pricing", "quantity")
    period = (item["period"]["start"], item["period"]["end"])
    line = _line(parent=parent, period=period, **{name: item[name] for name in names})
    return line | {"discountable": item["discountable"], "metadata": dict(item["metadata"])}


_PLAIN: Obj = {"discounts": [], "invoice": None, "livemode": False, "tax_rates": [], "test_clock": None}


def subscription_of(item: Obj) -> str | None:
    """The subscription that an invoice item belongs to."""
    details = (item["parent"] or {}).get("subscription_details") or {}
    owner: str | None = details.get("subscription")
    return owner


def new_item(
    tx: Tx,
    customer: str,
    currency: str,
    amount: int,
    *,
    description: str | None,
    period: tuple[int, int] | None = None,
    price: Obj | None = None,
    quantity: int = 1,
    subscription: str | None = None,
    subscription_item: str | None = None,
    proration: bool = False,
) -> Obj:
    """A pending invoice item; not yet saved."""
    details = {"subscription": subscription, "subscription_item": subscription_item}
    return {
        "id": new_id("invoiceitem"),
        "object": "invoiceitem",
        "amount": amount,
        "currency": currency,
        "customer": customer,
        "customer_account": None,
        "date": tx.now,
        "description": description,
        "discountable": not proration,
        **_PLAIN,
        "metadata": {},
        "net_amount": amount,
        "parent": {"subscription_details": details, "type": "subscription_details"} if subscription else None,
        "period": dict(zip(("start", "end"), period or (tx.now, tx.now), strict=True)),
        "pricing": pricing(price, amount, quantity),
        "proration": proration,
        "proration_details": {"credited_items": None, "discount_amounts": []} if proration else None,
        "quantity": quantity,
        "quantity_decimal": str(quantity),
    }


def _line(
    *,
    currency: str,
    amount: int,
    description: str | None,
    period: tuple[int, int],
    parent: Obj,
    pricing: Obj | None,
    quantity: int,
) -> Obj:
    return {
        "id": new_id("line_item"),
        "object": "line_item",
        "amount": amount,
        "currency": currency,
        "description": description,
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "invoice": None,
        "livemode": False,
        "metadata": {},
        "parent": parent,
        "period": {"start": period[0], "end": period[1]},
        "pretax_credit_amounts": [],
        "pricing": pricing,
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "subscription": (parent["subscription_item_details"] or parent["invoice_item_details"])["subscription"],
        "subtotal": amount,
        "taxes": [],
    }
