"""Asking the trace catcher for a trace."""

import json
import time
import urllib.error
import urllib.request

from trace_catcher.spans import Span


def fetch(url: str, trace_id: str) -> list[Span]:
    """The spans of a trace that have arrived; none if nobody answers at `url`."""
    try:
        with urllib.request.urlopen(f"{url}/api/traces/{trace_id}", timeout=5) as answer:
            return [Span.model_validate(entry) for entry in json.loads(answer.read())["items"]]
    except (urllib.error.URLError, OSError):
        return []


def fetch_until(url: str, trace_id: str, awaited: set[str], seconds: float = 5) -> list[Span]:
    """As `fetch`, waiting for spans of these names: services send theirs in batches, a moment later."""
    deadline = time.monotonic() + seconds
    spans = fetch(url, trace_id)
    while spans and not awaited <= {span.name for span in spans} and time.monotonic() < deadline:
        time.sleep(0.1)
        spans = fetch(url, trace_id)
    return spans
