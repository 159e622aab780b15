"""The headers that every answer carries, whoever made it."""

import base64
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
_TRANSPORT_SECURITY: Final = "max-age=63072000; includeSubDomains"

API_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
_OF_PAGES: Final = (
    "default-src 'self'; script-src 'self'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
PAGES_POLICY: Final = f"{_OF_PAGES}; style-src 'self'"


def policy_with_style(style: str) -> str:
    """The pages' policy for a page that carries this one style element; its hash stands in for 'unsafe-inline'."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"{_OF_PAGES}; style-src 'sha256-{digest}'"


@lru_cache(maxsize=16)
def security_headers(*, policy: str, https: bool) -> Mapping[str, str]:
    """Headers for one answer; Strict-Transport-Security only where the client really came by https (RFC 6797, 7.2)."""
    headers = {**_ALWAYS, "Content-Security-Policy": policy}
    if https:
        headers["Strict-Transport-Security"] = _TRANSPORT_SECURITY
    return headers
