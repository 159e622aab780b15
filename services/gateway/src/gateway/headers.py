"""Which headers go through, and which requests are refused for the headers they carry.

Requests pass by an allow-list, so that no spelling of an identity header can reach a service. Responses pass all but
what belongs to the connection or is the gateway's to say.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from aiohttp import HttpVersion10, HttpVersion11, web
from multidict import CIMultiDict

from chassis.problems import BadRequest, Problem

PASSED = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
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
_USUAL = frozenset({b"keep-alive", b"close"})
_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")

Field = tuple[bytes, bytes]
"""A header as it stands on the wire: its name in the sender's spelling, its value."""
Fields = list[Field]


class HeadersTooLarge(Problem):
    """431: the request's headers are larger than the gateway takes."""

    status = 431


class ExpectationFailed(Problem):
    """417: an expectation other than 100-continue."""

    status = 417


class VersionNotSupported(Problem):
    """505: neither HTTP/1.0 nor HTTP/1.1."""

    status = 505


class _Sent(NamedTuple):
    """What a header of a request is to us; `name` in lower case."""

    name: str
    once: bool
    passed: bool


@lru_cache(maxsize=1024)
def _sent(name: bytes) -> _Sent:
    lower = name.decode("latin-1").lower()
    return _Sent(lower, lower in _ONCE, lower in PASSED)


def check_head(request: web.BaseRequest, *, max_bytes: int) -> Fields:
    """Refuse what two readers could understand differently, or what is too large; return what a service gets to see.

    The token is not among it, nor what the gateway says itself: the caller adds both. Raises BadRequest
    (`headers_invalid`), HeadersTooLarge, ExpectationFailed or VersionNotSupported. The parser has already refused
    Content-Length with Transfer-Encoding, duplicates of either, folded lines and control characters (RFC 9112).
    """
    if request.version not in (HttpVersion10, HttpVersion11):
        raise VersionNotSupported("version_not_supported", "Speak HTTP/1.1.")
    headers = request.headers
    passed, once = _sorted_out(request.raw_headers, max_bytes)
    if not _is_host(headers.get("Host", "")):
        raise _invalid("The Host header is missing or not a host.")
    if "transfer-encoding" in once:
        coding = headers["Transfer-Encoding"].strip().lower()
        if coding != "chunked" or request.version < HttpVersion11:
            raise _invalid("The only transfer encoding taken is chunked, and only in HTTP/1.1.")
    if "Connection" in headers and _END_TO_END & _options(headers.getall("Connection")):
        raise _invalid("The Connection header names a header that is not the connection's.")
    if "expect" in once and headers["Expect"].strip().lower() != "100-continue":
        raise ExpectationFailed("expectation_failed", "The only expectation met is 100-continue.")
    if "content-length" in once and headers["Content-Length"] != "0":
        passed.append((b"Content-Length", headers["Content-Length"].encode()))
    return passed


def deadline(seconds: float) -> Field:
    """How long the service has."""
    return b"X-Request-Deadline-Ms", b"%d" % (seconds * 1000)


def _sorted_out(fields: Iterable[Field], max_bytes: int) -> tuple[Fields, set[str]]:
    """One pass over all of them: together not too large, and none twice that may come once; which of those came."""
    size, once, passed = 0, set(), []
    for field in fields:
        size += len(field[0]) + len(field[1]) + 4
        sent = _sent(field[0])
        if sent.passed:
            passed.append(field)
        if sent.once:
            if sent.name in once:
                raise _invalid(f"The header {sent.name} must not be repeated.")
            once.add(sent.name)
    if size > max_bytes:
        raise HeadersTooLarge("headers_too_large", f"The headers are larger than {max_bytes} bytes.")
    return passed, once


@lru_cache(maxsize=1024)
def _is_host(text: str) -> bool:
    return _HOST.fullmatch(text) is not None


def _options(values: Iterable[str]) -> frozenset[str]:
    """What Connection headers name, in lower case."""
    return frozenset(option.strip().lower() for value in values for option in value.split(",") if option.strip())


class Passed(NamedTuple):
    """What of an answer's headers the client gets to see: as they came, and by name in lower case (the last of each).

    Content-Length is not among them: it is left to whoever writes the body.
    """

    fields: Fields
    by_name: dict[str, bytes]


@lru_cache(maxsize=1024)
def _answered(name: bytes) -> str | None:
    """The name in lower case; None for one that is not passed on."""
    lower = name.decode("latin-1").lower()
    return None if lower in _NOT_PASSED or lower.startswith("access-control-") else lower


def to_client(fields: Fields) -> Passed:
    """What passes of a service's headers: neither the connection's, nor what Connection names, nor the gateway's."""
    passed, by_name = [], {}
    for field in fields:
        name = _answered(field[0])
        if name is not None:
            passed.append(field)
            by_name[name] = field[1]
        elif field[0].lower() == b"connection" and field[1] not in _USUAL:
            return to_client(_without_named(fields))
    return Passed(passed, by_name)


def _without_named(fields: Fields) -> Fields:
    named = _options(value.decode("latin-1") for name, value in fields if name.lower() == b"connection")
    return [field for field in fields if field[0].decode("latin-1").lower() not in {*named, "connection"}]


def would_break(data: bytes) -> bool:
    """Whether what is to be one line, or a few that we made, has a line break or a NUL of somebody else's.

    `find`, since `in` first tries to take what it looks for as a number, and raises and forgets an error for it.
    """
    return data.find(b"\r") >= 0 or data.find(b"\n") >= 0 or data.find(b"\0") >= 0


def decoded(fields: Fields) -> CIMultiDict[str]:
    """As text: what is no UTF-8 comes through as it is."""
    return CIMultiDict([(name.decode("latin-1"), value.decode("utf-8", "surrogateescape")) for name, value in fields])


def _invalid(detail: str) -> BadRequest:
    return BadRequest("headers_invalid", detail)
