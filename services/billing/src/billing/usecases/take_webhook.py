"""Keep what Stripe pushed, byte for byte, and answer at once; it is understood later."""

from collections.abc import Mapping
from hashlib import sha256

import orjson

from billing.storage import webhooks
from billing.wake import WEBHOOKS, wake
from chassis.database import Tx

_LONGEST_ID = 255


async def take_webhook(tx: Tx, body: bytes, headers: Mapping[str, str]) -> bool:
    """Store a delivery whose signature was checked; False for one that was stored before."""
    external_id, type_ = _identity(body)
    if not await webhooks.insert_webhook(tx, webhooks.STRIPE, external_id, type=type_, body=body, headers=headers):
        return False
    wake(tx, WEBHOOKS)
    return True


def _identity(body: bytes) -> tuple[str, str]:
    """Signed bytes that are no event are kept too, under their own hash: they end as dead, where somebody sees them."""
    try:
        event = orjson.loads(body)
        external_id, type_ = event["id"], event["type"]
        if _is_name(external_id) and _is_name(type_):
            return external_id, type_
    except (orjson.JSONDecodeError, KeyError, TypeError):
        pass
    return f"sha256:{sha256(body).hexdigest()}", "unreadable"


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_ID and value.isascii() and value.isprintable()
