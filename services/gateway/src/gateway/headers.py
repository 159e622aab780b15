"""Which headers go through, and which requests are refused for the headers they carry.

Requests pass by an allow-list, so that no spelling of an identity header can reach a service. Responses pass all but
what belongs to the connection or is the gateway's to say.
"""

import re
from functools import lru_cache

from aiohttp import HttpVersion10, HttpVersion11, web
from multidict import CIMultiDict, CIMultiDictProxy

from chassis.problems import BadRequest, Problem

PASSED = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "authorization",
        "cache-control",
        "content-encoding",
        "content-language",
        "content-type",
        "cookie",
        "idempotency-key",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "origin",
        "prefer",
        "range",
        "referer",
        "sec-fetch-dest",
        "sec-fetch-mode",
        "sec-fetch-site",
        "stripe-signature",
        "tracestate",
        "user-agent",
    }
)
_ONCE = frozenset(
    {
        "authorization",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "idempotency-key",
        "if-match",
        "origin",
        "stripe-signature",
        "traceparent",
        "transfer-encoding",
        "upgrade",
        "x-request-id",
    }
)
_END_TO_END = PASSED | _ONCE - {"upgrade", "transfer-encoding"}
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_OURS = frozenset(
    {
        "alt-svc",
        "content-length",
        "content-security-policy",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "date",
        "permissions-policy",
        "ratelimit",
        "ratelimit-policy",
        "referrer-policy",
        "server",
        "strict-transport-security",
        "x-content-type-options",
        "x-frame-options",
        "x-powered-by",
        "x-request-id",
    }
)
_NOT_PASSED = _HOP_BY_HOP | _OURS
_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")

RequestHeaders = CIMultiDictProxy[str]


class HeadersTooLarge(Problem):
    """431: the request's headers are larger than the gateway takes."""

    status = 431


class ExpectationFailed(Problem):
    """417: an expectation other than 100-continue."""

    status = 417


class VersionNotSupported(Problem):
    """505: neither HTTP/1.0 nor HTTP/1.1."""

    status = 505


def check_head(request: web.BaseRequest, *, max_bytes: int) -> None:
    """Refuse what two readers could understand differently, or what is too large.

    Raises BadRequest (`headers_invalid`), HeadersTooLarge, ExpectationFailed or VersionNotSupported. The parser has
    already refused Content-Length with Transfer-Encoding, duplicates of either, folded lines and control characters
    (RFC 9112).
    """
    headers = request.headers
    if request.version not in (HttpVersion10, HttpVersion11):
        raise VersionNotSupported("version_not_supported", "Speak HTTP/1.1.")
    _check_each(headers, max_bytes)
    if not _HOST.fullmatch(headers.get("Host", "")):
        raise _invalid("The Host header is missing or not a host.")
    coding = headers.get("Transfer-Encoding")
    if coding is not None and (coding.strip().lower() != "chunked" or request.version < HttpVersion11):
        raise _invalid("The only transfer encoding taken is chunked, and only in HTTP/1.1.")
    if "Connection" in headers and _END_TO_END & connection_options(headers):
        raise _invalid("The Connection header names a header that is not the connection's.")
    if headers.get("Expect", "100-continue").strip().lower() != "100-continue":
        raise ExpectationFailed("expectation_failed", "The only expectation met is 100-continue.")


def _check_each(headers: RequestHeaders, max_bytes: int) -> None:
    """One pass over all of them: together not too large, and none twice that may come once."""
    size, seen = 0, set()
    for name, value in headers.items():
        size += len(name) + len(value) + 4
        lower = name.lower()
        if lower in seen and lower in _ONCE:
            raise _invalid(f"The header {lower} must not be repeated.")
        seen.add(lower)
    if size > max_bytes:
        raise HeadersTooLarge("headers_too_large", f"The headers are larger than {max_bytes} bytes.")


def connection_options(headers: RequestHeaders | CIMultiDict[str]) -> frozenset[str]:
    """What the Connection header names, in lower case."""
    values = headers.getall("Connection", ())
    return frozenset(option.strip().lower() for value in values for option in value.split(",") if option.strip())


def to_service(headers: RequestHeaders) -> CIMultiDict[str]:
    """What of a request's headers a service gets to see. Whatever the gateway says itself is added by the caller."""
    passed = CIMultiDict([(name, value) for name, value in headers.items() if name.lower() in PASSED])
    length = headers.get("Content-Length")
    if length is not None and length != "0":
        passed["Content-Length"] = length
    return passed


def to_client(headers: CIMultiDict[str]) -> CIMultiDict[str]:
    """What of a response's headers the client gets to see; Content-Length is left to whoever writes the body."""
    passed = CIMultiDict([(name, value) for name, value in headers.items() if _is_passed_on(name)])
    if "Connection" in headers:
        for option in connection_options(headers):
            passed.popall(option, None)
    return passed


@lru_cache(maxsize=1024)
def _is_passed_on(name: str) -> bool:
    lower = name.lower()
    return lower not in _NOT_PASSED and not lower.startswith("access-control-")


def _invalid(detail: str) -> BadRequest:
    return BadRequest("headers_invalid", detail)
