"""Ids with Stripe's prefixes."""

import secrets
import string

PREFIXES = {
    "charge": "ch",
    "customer": "cus",
    "event": "evt",
    "invoice": "in",
    "invoice_payment": "inpay",
    "invoiceitem": "ii",
    "line_item": "il",
    "payment_intent": "pi",
    "payment_method": "pm",
    "price": "price",
    "product": "prod",
    "request": "req",
    "subscription": "sub",
    "subscription_item": "si",
    "webhook_endpoint": "we",
}
_ALPHABET = string.ascii_letters + string.digits


def token(length: int) -> str:
    """Random letters and digits."""
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in secrets.token_bytes(length))


def new_id(kind: str) -> str:
    """An id of that kind of object: `cus_` and 24 letters and digits."""
    return f"{PREFIXES[kind]}_{token(24)}"
