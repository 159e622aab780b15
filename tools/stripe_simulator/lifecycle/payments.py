"""Payment intents and their charges: what a card does with a payment."""

from typing import Literal

from stripe_simulator.errors import StripeError
from stripe_simulator.identifiers import new_id, token
from stripe_simulator.rendering import filled, rendered
from stripe_simulator.resources.cards import Decline
from stripe_simulator.resources.payment_methods import behaviour, declined
from stripe_simulator.store import Obj
from stripe_simulator.transaction import Tx

Outcome = Literal["succeeded", "requires_action", "requires_capture", "failed"]
_NOT_AUTHENTICATED = Decline(
    "payment_intent_authentication_failure", None, "The customer did not authenticate the payment."
)
_OFF_SESSION = Decline(
    "authentication_required", "authentication_required", "The card needs authentication, and nobody is there for it."
)


def new_intent(
    tx: Tx, amount: int, currency: str, *, customer: str | None = None, description: str | None = None
) -> Obj:
    """A payment that is still to be made; not yet saved."""
    intent = new_id("payment_intent")
    return {
        "id": intent,
        "object": "payment_intent",
        **filled(_EMPTY),
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "capture_method": "automatic_async",
        "client_secret": f"{intent}_secret_{token(24)}",
        "confirmation_method": "automatic",
        "created": tx.now,
        "currency": currency,
        "customer": customer,
        "description": description,
        "livemode": False,
        "metadata": {},
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
    }


def confirm(tx: Tx, intent: Obj, method: Obj, *, off_session: bool = False, authenticated: bool = False) -> Outcome:
    """Try the payment with that card; the intent is saved and its events are told."""
    card = behaviour(method)
    intent |= {"payment_method": method["id"], "next_action": None, "last_payment_error": None}
    if card.needs_authentication(set_up=method.get("_set_up", False)) and not authenticated:
        if off_session:
            return _fail(tx, intent, method, _OFF_SESSION)
        intent |= {"status": "requires_action", "next_action": _next_action(tx, intent)}
        tx.save(intent)
        tx.emit("payment_intent.requires_action", intent)
        return "requires_action"
    if card.on_charge is not None:
        return _fail(tx, intent, method, card.on_charge)
    return _succeed(tx, intent, method)


def authenticate(tx: Tx, intent: Obj, *, success: bool) -> Outcome:
    """What the customer does when the bank asks."""
    method = tx.fetch("payment_method", intent["payment_method"])
    if not success:
        intent["next_action"] = None
        return _fail(tx, intent, method, _NOT_AUTHENTICATED, charged=False)
    method["_set_up"] = True
    tx.save(method)
    return confirm(tx, intent, method, authenticated=True)


def capture(tx: Tx, intent: Obj, amount: int) -> None:
    """Take what was reserved, or less of it."""
    charge = tx.fetch("charge", intent["latest_charge"])
    charge |= {"captured": True, "amount_captured": amount}
    tx.save(charge)
    tx.emit("charge.captured", charge)
    intent |= {"status": "succeeded", "amount_capturable": 0, "amount_received": amount}
    tx.save(intent)
    tx.emit("payment_intent.succeeded", intent)


def cancel(tx: Tx, intent: Obj, reason: str | None) -> None:
    """It will never be paid."""
    intent |= {"status": "canceled", "canceled_at": tx.now, "cancellation_reason": reason}
    intent |= {"next_action": None, "amount_capturable": 0}
    tx.save(intent)
    tx.emit("payment_intent.canceled", intent)


def refusal(tx: Tx, intent: Obj) -> StripeError:
    """The card_error about the intent's last attempt; what it left behind stays."""
    error = intent["last_payment_error"]
    decline = Decline(error["code"], error.get("decline_code"), error["message"])
    shown = {"payment_intent": rendered(tx, intent), "payment_method": error["payment_method"]}
    charge = {"charge": intent["latest_charge"]} if intent["latest_charge"] else {}
    return declined(decline, keep=True, **charge, **shown)


def needs_authentication(tx: Tx, intent: Obj) -> StripeError:
    """The card_error for who asked not to be left with an action."""
    return declined(_OFF_SESSION, keep=True, payment_intent=rendered(tx, intent))


def _succeed(tx: Tx, intent: Obj, method: Obj) -> Outcome:
    manual = intent["capture_method"] == "manual"
    charge = _charge(tx, intent, method, captured=not manual)
    tx.save(charge)
    tx.emit("charge.succeeded", charge)
    intent["latest_charge"] = charge["id"]
    if manual:
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
    else:
        intent |= {"status": "succeeded", "amount_received": intent["amount"]}
    tx.save(intent)
    tx.emit("payment_intent.amount_capturable_updated" if manual else "payment_intent.succeeded", intent)
    return "requires_capture" if manual else "succeeded"


def _fail(tx: Tx, intent: Obj, method: Obj, decline: Decline, *, charged: bool = True) -> Outcome:
    error = declined(decline).body()["error"] | {"payment_method": rendered(tx, method)}
    if charged:
        charge = _charge(tx, intent, method, decline=decline)
        tx.save(charge)
        tx.emit("charge.failed", charge)
        intent["latest_charge"] = error["charge"] = charge["id"]
    intent |= {"status": "requires_payment_method", "payment_method": None, "last_payment_error": error}
    tx.save(intent)
    tx.emit("payment_intent.payment_failed", intent)
    return "failed"


def _next_action(tx: Tx, intent: Obj) -> Obj:
    page = f"{tx.settings.url}/_pages/authenticate/{intent['id']}"
    back = intent.get("_return_url")
    if back is None:
        return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": page}}
    return {"type": "redirect_to_url", "redirect_to_url": {"return_url": back, "url": page}}


def _outcome(decline: Decline | None) -> Obj:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "declined_by_network" if decline else "approved_by_network",
        "reason": (decline.decline_code or decline.code) if decline else None,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": "The bank declined the payment." if decline else "Payment complete.",
        "type": "issuer_declined" if decline else "authorized",
    }


def _card_details(method: Obj) -> Obj:
    card = method["card"]
    names = ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4", "wallet")
    shown = {name: card[name] for name in names} | {"network": card["brand"], "three_d_secure": None}
    return {"card": shown, "type": "card"}


def _charge(tx: Tx, intent: Obj, method: Obj, *, captured: bool = True, decline: Decline | None = None) -> Obj:
    amount, paid = intent["amount"], decline is None
    return {
        "id": new_id("charge"),
        "object": "charge",
        **filled(_EMPTY_CHARGE),
        "amount": amount,
        "amount_captured": amount if paid and captured else 0,
        "amount_refunded": 0,
        "billing_details": method["billing_details"],
        "captured": paid and captured,
        "created": tx.now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_code": decline.code if decline else None,
        "failure_message": decline.message if decline else None,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "outcome": _outcome(decline),
        "paid": paid,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _card_details(method),
        "refunded": False,
        "status": "succeeded" if paid else "failed",
    }


_EMPTY_CHARGE = (
    "application application_fee application_fee_amount balance_transaction calculated_statement_descriptor "
    "failure_balance_transaction on_behalf_of radar_options receipt_email receipt_number receipt_url review "
    "shipping source source_transfer statement_descriptor statement_descriptor_suffix transfer_data transfer_group"
)
_EMPTY = (
    "application application_fee_amount automatic_payment_methods canceled_at cancellation_reason customer_account "
    "excluded_payment_method_types last_payment_error latest_charge next_action on_behalf_of payment_method "
    "payment_method_configuration_details processing receipt_email review setup_future_usage shipping source "
    "statement_descriptor statement_descriptor_suffix transfer_data transfer_group"
)
