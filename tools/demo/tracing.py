"""W3C trace context, as a client makes it (https://www.w3.org/TR/trace-context/)."""

import secrets


def new_trace_id() -> str:
    """16 random bytes in hex."""
    return secrets.token_hex(16)


def traceparent(trace_id: str) -> str:
    """A `traceparent` header of this trace, sampled, with a span of our own."""
    return f"00-{trace_id}-{secrets.token_hex(8)}-01"


def trace_id_of(header: str | None) -> str | None:
    """The trace id inside a `traceparent`, or None."""
    parts = (header or "").split("-")
    return parts[1] if len(parts) == 4 else None
