"""`/v1/invoices/create_preview`: the change is really made in a transaction that is thrown away."""

from typing import Literal

from pydantic import Field

from stripe_simulator.errors import invalid
from stripe_simulator.identifiers import token
from stripe_simulator.lifecycle import cycles, endings
from stripe_simulator.lifecycle.changes import ProrationBehavior
from stripe_simulator.operations import Operations
from stripe_simulator.params import Hash, Params
from stripe_simulator.rendering import rendered
from stripe_simulator.resources import subscriptions
from stripe_simulator.resources.subscription_params import ChangedItem, Create, NewItem, Update
from stripe_simulator.store import Obj
from stripe_simulator.transaction import Tx

operations = Operations()


class Details(Hash):
    """The change, or the new subscription."""

    billing_cycle_anchor: Literal["now", "unchanged"] = "unchanged"
    cancel_at_period_end: bool = False
    items: list[ChangedItem] | None = Field(None, min_length=1)
    proration_behavior: ProrationBehavior = "create_prorations"
    proration_date: int | None = None
    trial_end: int | Literal["now"] | None = None


class Preview(Params):
    """Of a subscription, or of one that a customer might start."""

    customer: str | None = None
    subscription: str | None = None
    subscription_details: Details = Details()


@operations.post("/v1/invoices/create_preview", Preview)
def preview(tx: Tx, params: Preview) -> Obj:
    """The next invoice: the one that the change makes at once, else that of the next renewal."""
    if params.subscription is not None:
        return _shown(*_of_change(tx.scratch(), params.subscription, params.subscription_details))
    if params.customer is None:
        raise invalid("Give a customer or a subscription.", param="customer", code="parameter_missing")
    return _shown(*_of_start(tx.scratch(), params.customer, params.subscription_details))


def _of_change(tx: Tx, id: str, details: Details) -> tuple[Tx, Obj]:
    subscription = tx.fetch("subscription", id, param="subscription")
    if subscription["status"] in endings.ENDED:
        raise _none()
    # Nothing is charged: whoever pays now pays what is open then.
    change = Update(**details.model_dump(exclude_unset=True), payment_behavior="default_incomplete")
    invoice = subscriptions.apply(tx, subscription, change)
    if invoice is not None:
        return tx, tx.fetch("invoice", invoice["id"])
    subscription = tx.fetch("subscription", id)
    if subscription["cancel_at_period_end"]:
        raise _none()
    later = tx.at(cycles.period_of(subscription)[1])
    if subscription["status"] == "trialing":
        subscription["status"] = "active"
    return later, cycles.roll(later, subscription)


def _of_start(tx: Tx, customer: str, details: Details) -> tuple[Tx, Obj]:
    items = [NewItem(price=item.price or "", quantity=item.quantity or 1) for item in details.items or []]
    if not items:
        raise invalid("Missing required param: subscription_details[items].", param="subscription_details[items]")
    wanted = Create(customer=customer, items=items, trial_end=details.trial_end, payment_behavior="default_incomplete")
    made = subscriptions.create(tx, wanted)
    return tx, tx.fetch("invoice", made["latest_invoice"])


def _shown(scratch: Tx, invoice: Obj) -> Obj:
    nothing_yet = ("number", "hosted_invoice_url", "effective_at", "ending_balance", "automatically_finalizes_at")
    moments = dict.fromkeys(invoice["status_transitions"])
    invoice |= {**dict.fromkeys(nothing_yet), "id": f"upcoming_in_{token(24)}", "status": "draft"}
    invoice |= {"status_transitions": moments, "amount_paid": 0, "amount_remaining": invoice["amount_due"]}
    for line in invoice["lines"]["data"]:
        line["invoice"] = invoice["id"]
    return rendered(scratch, invoice)


def _none() -> Exception:
    return invalid("The subscription has no upcoming invoice.", code="invoice_upcoming_none", status=404)
