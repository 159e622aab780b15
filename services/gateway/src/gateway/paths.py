"""One spelling for every path: what is authorised is what is routed, and nothing can be read two ways."""

import re
from urllib.parse import quote, unquote_to_bytes

from chassis.problems import BadRequest

_PLAIN = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9_~.-]*)+/?|/")
_SPELT = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*")
_TWICE_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
_SEGMENT_SAFE = "!$&'()*+,;=:@"


def canonical_path(raw: str) -> str:
    """The path in its one spelling: unreserved characters bare, all others percent-encoded in upper case.

    `raw` is the request target without its query. Raises BadRequest `path_invalid` for whatever two readers could
    understand differently: no leading slash (absolute form, `*`), empty, `.` or `..` segments, encoded slashes,
    backslashes and control characters, percent-encoding that is broken, doubled or no UTF-8 (RFC 3986, 3.3 and 6.2.2).
    """
    if _PLAIN.fullmatch(raw):
        return raw
    if not raw.startswith("/"):
        raise _invalid("The request target must be a path.")
    segments = raw[1:].split("/")
    if "" in segments[:-1]:
        raise _invalid("The path has an empty segment.")
    return "/" + "/".join(map(_canonical_segment, segments))


def segment_text(segment: str) -> str:
    """A canonical segment, decoded."""
    return unquote_to_bytes(segment).decode()


def _canonical_segment(segment: str) -> str:
    if not _SPELT.fullmatch(segment):
        raise _invalid("The path has a character or a percent-encoding that is not allowed.")
    try:
        text = segment_text(segment)
    except UnicodeDecodeError:
        raise _invalid("The path is not UTF-8.") from None
    if text in {".", ".."}:
        raise _invalid("The path has a dot segment.")
    if "/" in text or "\\" in text or any(ord(character) < 0x20 or ord(character) == 0x7F for character in text):
        raise _invalid("The path has an encoded slash, backslash or control character.")
    if _TWICE_ENCODED.search(text):
        raise _invalid("The path is percent-encoded twice.")
    return quote(text, safe=_SEGMENT_SAFE)


def _invalid(detail: str) -> BadRequest:
    return BadRequest("path_invalid", detail)
