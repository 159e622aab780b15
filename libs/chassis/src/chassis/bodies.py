"""Reading a request's JSON without trusting it: size, depth, duplicate keys, what Postgres cannot hold."""

import asyncio
import json
import math
import re
from itertools import accumulate
from typing import Any

from aiohttp import ClientPayloadError, web
from aiohttp.http_exceptions import BadHttpMessage
from pydantic import TypeAdapter, ValidationError

from chassis.problems import (
    BadRequest,
    FieldError,
    Invalid,
    RequestTimeout,
    TooLarge,
    UnsupportedMediaType,
)
from chassis.validation import invalid

MAX_DEPTH = 32
BODY_SECONDS = 30.0
BIGINT = 2**63
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
"""Also one that never ends: a pattern that could fail would be tried again at each of its quotes."""
_STEP = {ord("{"): 1, ord("["): 1, ord("}"): -1, ord("]"): -1}
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_SUSPICIOUS = re.compile(rb"\\u|[0-9]{19}|[eE]\+?[0-9]{3}")
"""Without one of these no string holds NUL or half a surrogate pair, and no number leaves 64 bits or the finite."""


class _Repeated(ValueError):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Repeated("a key appears twice in one object")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant)


async def read_body(request: web.BaseRequest, limit: int, *, raw: bool = False) -> bytes:
    """The body's bytes, at most `limit`. Raises UnsupportedMediaType, TooLarge, BadRequest or RequestTimeout.

    A `raw` body (a file) comes under any media type: what it is, its content says.
    """
    _refuse_other_media(request, raw=raw)
    if (request.content_length or 0) > limit:
        raise _too_large(limit)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while chunk := await request.content.readany():
                body += chunk
                if len(body) > limit:
                    raise _too_large(limit)
    except TimeoutError:
        raise RequestTimeout("request_timeout", "The body did not arrive in time.") from None
    except (ClientPayloadError, BadHttpMessage, web.RequestPayloadError):
        raise BadRequest("malformed_request", "The body ended early or its encoding is broken.") from None
    return bytes(body)


def _refuse_other_media(request: web.BaseRequest, *, raw: bool) -> None:
    charset = (request.charset or "utf-8").lower()
    is_json = request.content_type == "application/json" and charset in ("utf-8", "utf8", "us-ascii")
    if not raw and not is_json:
        raise UnsupportedMediaType("unsupported_media_type", "Send application/json in UTF-8.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("unsupported_media_type", "Send the body without Content-Encoding.")


def _too_large(limit: int) -> TooLarge:
    return TooLarge("body_too_large", f"The body is larger than the {limit} bytes this endpoint takes.")


def parse_json(body: bytes) -> Any:
    """The JSON value. Raises BadRequest (`malformed_json`), Invalid for values that cannot be stored."""
    try:
        if _too_deep(body):
            raise ValueError(f"nested deeper than {MAX_DEPTH}")
        value = _decoder.decode(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadRequest("malformed_json", f"The body is not JSON we read: {_reason(error)}.") from None
    if _SUSPICIOUS.search(body) and (errors := list(_unstorable(value, ""))):
        raise Invalid("validation_failed", "Some values cannot be stored.", fields=tuple(errors[:20]))
    return value


def _reason(error: Exception) -> str:
    """Never the body's text: it may be a secret."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8 at byte {error.start}"
    return str(error) if str(error).isascii() and len(str(error)) < 80 else "a value too large"


def _too_deep(body: bytes) -> bool:
    """Counts brackets outside strings, in C: a megabyte of nothing but brackets must not hold the event loop."""
    if body.count(b"{") + body.count(b"[") <= MAX_DEPTH:
        return False
    brackets = _STRING.sub(b"", body).translate(None, _NO_BRACKETS)
    return max(accumulate(map(_STEP.__getitem__, brackets)), default=0) > MAX_DEPTH


def is_storable_text(text: str) -> bool:
    """Whether Postgres text can hold it: no NUL, no half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _unstorable(value: Any, pointer: str) -> list[FieldError]:
    if isinstance(value, str) and not is_storable_text(value):
        return [FieldError(pointer, "text_not_storable", "Holds NUL or half of a surrogate pair.")]
    if isinstance(value, int | float) and _is_too_large(value):
        return [FieldError(pointer, "number_too_large", "Does not fit into 64 bits.")]
    if isinstance(value, list):
        return [error for index, item in enumerate(value) for error in _unstorable(item, f"{pointer}/{index}")]
    if isinstance(value, dict):
        bad_key = any(not is_storable_text(key) for key in value)
        if bad_key:
            return [FieldError(pointer, "text_not_storable", "A key holds NUL or half of a surrogate pair.")]
        return [error for key, item in value.items() for error in _unstorable(item, f"{pointer}/{key}")]
    return []


def _is_too_large(value: float) -> bool:
    """An integer beyond 64 bits, or a number that only infinity stands for."""
    return math.isinf(value) if isinstance(value, float) else abs(value) >= BIGINT


def read_model(adapter: TypeAdapter[Any], body: bytes) -> Any:
    """The body as the handler's type: strict types, no unknown field. Raises BadRequest, Invalid."""
    parse_json(body)
    try:
        return adapter.validate_json(body, strict=True, extra="forbid")
    except ValidationError as error:
        raise invalid(error) from None
