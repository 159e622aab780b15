"""How deep a JSON body nests, told while it passes by: a parser behind must not be driven into its recursion."""

import re

from chassis.problems import BadRequest

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_UNFINISHED = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(\\?)\Z', re.DOTALL)
_REST_OF_STRING = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class DepthGuard:
    """Follows brackets outside of strings; whether it is JSON otherwise is the service's to say."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._depth = 0
        self._kept = b""
        self._in_string = False

    def feed(self, chunk: bytes) -> None:
        """The next piece of the body. Raises BadRequest `json_too_deep`."""
        chunk = self._kept + chunk
        self._kept = b""
        if self._in_string:
            chunk = self._leave_string(chunk)
        for bracket in self._outside_strings(chunk).translate(None, _NO_BRACKETS):
            self._depth += 1 if bracket in b"[{" else -1
            if self._depth > self._most:
                raise BadRequest("json_too_deep", f"The JSON nests deeper than {self._most} levels.")

    def _leave_string(self, chunk: bytes) -> bytes:
        """What follows the string that began in an earlier piece."""
        rest = _REST_OF_STRING.match(chunk)
        if rest is None:
            self._keep_escape(_UNFINISHED.match(b'"' + chunk))
            return b""
        self._in_string = False
        return chunk[rest.end() :]

    def _outside_strings(self, chunk: bytes) -> bytes:
        bare = _STRING.sub(b"", chunk)
        quote = bare.find(b'"')
        if quote < 0:
            return bare
        self._in_string = True
        self._keep_escape(_UNFINISHED.match(bare, quote))
        return bare[:quote]

    def _keep_escape(self, unfinished: re.Match[bytes] | None) -> None:
        """A backslash at the end belongs to the next piece's first byte."""
        self._kept = unfinished[1] if unfinished else b""
