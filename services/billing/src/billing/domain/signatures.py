"""Stripe's webhook signature, version 1: HMAC-SHA256 over timestamp and raw bytes (docs.stripe.com/webhooks)."""

import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

LONGEST_HEADER = 2048


class Forged(ValueError):
    """The bytes are not known to come from Stripe now; the message says why, quoting nothing."""


def verify(body: bytes, header: str, secrets: Iterable[str], *, now: datetime, tolerance: timedelta) -> None:
    """Return if one of the secrets signed exactly these bytes within the tolerance, past or future. Raises Forged.

    Several secrets are live while one replaces another.
    """
    timestamp, signatures = _parse(header)
    if abs(now.timestamp() - timestamp) > tolerance.total_seconds():
        raise Forged("the timestamp is too far from now")
    signed = b"%d." % timestamp + body
    for secret in secrets:
        expected = hmac.digest(secret.encode(), signed, sha256).hex().encode()
        if any(hmac.compare_digest(expected, signature) for signature in signatures):
            return
    raise Forged("no secret of ours made this signature")


def sign(body: bytes, secret: str, at: datetime) -> str:
    """The header Stripe would send."""
    timestamp = int(at.timestamp())
    return f"t={timestamp},v1={hmac.digest(secret.encode(), b'%d.' % timestamp + body, sha256).hex()}"


def _parse(header: str) -> tuple[int, list[bytes]]:
    if len(header) > LONGEST_HEADER:
        raise Forged("the signature header is too long")
    pairs = [part.partition("=")[::2] for part in header.split(",")]
    timestamps = [value for name, value in pairs if name.strip() == "t"]
    signatures = [value.encode() for name, value in pairs if name.strip() == "v1"]
    if len(timestamps) != 1 or not (timestamps[0].isascii() and timestamps[0].isdecimal()) or len(timestamps[0]) > 12:
        raise Forged("the signature header has no one timestamp")
    if not signatures:
        raise Forged("the signature header has no signature")
    return int(timestamps[0]), signatures
