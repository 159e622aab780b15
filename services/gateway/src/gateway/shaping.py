"""A service's whole answer as this client wants it: nothing at all if it has it already, else compressed if it can.

Only answers to GET are compressed. Those that hold a secret answer writes (sign-in, keys, tickets), and a secret beside
what an attacker chose must not be compressed (BREACH).
"""

import hashlib
import zlib
from collections.abc import Callable, Mapping
from typing import Final

import brotli
from aiohttp import web
from multidict import CIMultiDict

_LEAST_BYTES = 1024
_LEVEL = 5
_QUALITY = 4
_TEXTS = frozenset({"application/json", "application/problem+json", "image/svg+xml", "application/xml"})
_KEPT_WITHOUT_BODY = ("ETag", "Cache-Control", "Vary", "Content-Location", "Expires")


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return packer.compress(body) + packer.flush()


def _brotli(body: bytes) -> bytes:
    packed: bytes = brotli.compress(body, mode=brotli.MODE_TEXT, quality=_QUALITY)
    return packed


_CODINGS: Final[Mapping[str, Callable[[bytes], bytes]]] = {"br": _brotli, "gzip": _gzip}
"""The best first."""


def shaped(request: web.BaseRequest, status: int, headers: CIMultiDict[str], body: bytes) -> web.Response:
    """The answer: 304 where `If-None-Match` names what it would be, else 200 or whatever it is, perhaps smaller.

    An answer without an entity tag gets a weak one over its body. One with a strong tag of the service's stays byte for
    byte what the tag stands for.
    """
    if request.method != "GET" or status != 200 or "Set-Cookie" in headers:
        return web.Response(status=status, headers=headers, body=body)
    tag = headers.get("ETag")
    if tag is None:
        tag = headers["ETag"] = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    compressible = is_compressible(headers) and not tag.startswith('"')
    if compressible:
        headers.add("Vary", "Accept-Encoding")
    if _names(request.headers.get("If-None-Match"), tag):
        kept = CIMultiDict((name, headers[name]) for name in _KEPT_WITHOUT_BODY if name in headers)
        return web.Response(status=304, headers=kept)
    if compressible and len(body) >= _LEAST_BYTES:
        coding = coding_for(request.headers.get("Accept-Encoding", ""))
        if coding is not None:
            headers["Content-Encoding"] = coding
            body = _CODINGS[coding](body)
    return web.Response(status=status, headers=headers, body=body)


def is_compressible(headers: Mapping[str, str]) -> bool:
    """Whether a coding would help and nothing forbids it."""
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    text = kind in _TEXTS or (kind.startswith("text/") and kind != "text/event-stream")
    return text and "Content-Encoding" not in headers and "no-transform" not in headers.get("Cache-Control", "")


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
