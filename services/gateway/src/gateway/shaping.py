"""A service's whole answer as this client wants it: nothing at all if it has it already, else compressed if it can.

Only answers to GET are compressed. Those that hold a secret answer writes (sign-in, keys, tickets), and a secret beside
what an attacker chose must not be compressed (BREACH).
"""

import hashlib
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

import brotli
from aiohttp import web

from gateway.headers import Passed
from gateway.relayed import Relayed

_LEAST_BYTES = 1024
_LEVEL = 5
_QUALITY = 4
_TEXTS = frozenset({"application/json", "application/problem+json", "image/svg+xml", "application/xml"})
_KEPT_WITHOUT_BODY = frozenset({b"etag", b"cache-control", b"vary", b"content-location", b"expires"})


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return packer.compress(body) + packer.flush()


def _brotli(body: bytes) -> bytes:
    packed: bytes = brotli.compress(body, mode=brotli.MODE_TEXT, quality=_QUALITY)
    return packed


_CODINGS: Final[Mapping[str, Callable[[bytes], bytes]]] = {"br": _brotli, "gzip": _gzip}
"""The best first."""


def shaped(request: web.BaseRequest, status: int, passed: Passed, body: bytes) -> Relayed:
    """The answer: 304 where `If-None-Match` names what it would be, else 200 or whatever it is, perhaps smaller.

    An answer without an entity tag gets a weak one over its body. One with a strong tag of the service's stays byte for
    byte what the tag stands for.
    """
    fields, by_name = passed
    if request.method != "GET" or status != 200 or "set-cookie" in by_name:
        return Relayed(status, passed, body, len(body))
    tag = by_name.get("etag")
    if tag is None:
        tag = b'W/"%b"' % hashlib.blake2b(body, digest_size=12).hexdigest().encode()
        fields.append((b"ETag", tag))
    compressible = is_compressible(by_name) and not tag.startswith(b'"')
    if compressible:
        fields.append((b"Vary", b"Accept-Encoding"))
    if _names(request.headers.get("If-None-Match"), tag.decode("utf-8", "surrogateescape")):
        kept = [field for field in fields if field[0].lower() in _KEPT_WITHOUT_BODY]
        return Relayed(304, Passed(kept, by_name), b"", None)
    if compressible and len(body) >= _LEAST_BYTES:
        coding = coding_for(request.headers.get("Accept-Encoding", ""))
        if coding is not None:
            fields.append((b"Content-Encoding", coding.encode()))
            body = _CODINGS[coding](body)
    return Relayed(status, passed, body, len(body))


def is_compressible(by_name: Mapping[str, bytes]) -> bool:
    """Whether a coding would help and nothing forbids it."""
    if "content-encoding" in by_name or by_name.get("cache-control", b"").find(b"no-transform") >= 0:
        return False
    return _is_text(by_name.get("content-type", b""))


@lru_cache(maxsize=1024)
def _is_text(content_type: bytes) -> bool:
    kind = content_type.decode("latin-1").partition(";")[0].strip().lower()
    return kind in _TEXTS or (kind.startswith("text/") and kind != "text/event-stream")


def coding_for(accepted: str) -> str | None:
    """The best coding the client takes (RFC 9110, 12.5.3); None for none of ours."""
    if not accepted:
        return None
    weights = dict(map(_weighted, accepted.lower().split(",")))
    takes = {name: weights.get(name, weights.get("*", 0.0)) for name in _CODINGS}
    best = max(takes, key=lambda name: takes[name])
    return best if takes[best] > 0 else None


def _weighted(item: str) -> tuple[str, float]:
    name, _, parameter = item.partition(";")
    key, _, value = parameter.strip().partition("=")
    try:
        return name.strip(), float(value) if key == "q" else 1.0
    except ValueError:
        return name.strip(), 0.0


def _names(condition: str | None, tag: str) -> bool:
    """Weak comparison (RFC 9110, 13.1.2)."""
    if condition is None:
        return False
    bare = tag.removeprefix("W/")
    return any(item.strip() == "*" or item.strip().removeprefix("W/") == bare for item in condition.split(","))
