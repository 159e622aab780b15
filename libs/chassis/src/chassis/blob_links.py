"""Links to files in a local folder: signed, ending by themselves. S3 makes and serves its own."""

import hashlib
import hmac
from datetime import timedelta

from yarl import URL

from chassis.clock import Clock, SystemClock
from chassis.keys import decode, encode
from chassis.settings import StartRefused

_SLASH = ":"
"""Keys hold no colon, and a path parameter holds no slash."""


class Links:
    """Makes them and believes them: a key, the second it ends at, and an HMAC-SHA256 over both."""

    def __init__(self, at: URL, secret: str, clock: Clock | None = None) -> None:
        """`at` is the address below which `blob_routes` answers. Raises StartRefused for a secret that is none."""
        try:
            self._secret = decode(secret)
        except ValueError as error:
            raise StartRefused(f"BLOBS_LINK_KEY: {error}") from None
        self._at = at
        self._clock = clock or SystemClock()

    def make(self, key: str, lives: timedelta) -> str:
        """A URL that ends after `lives`, to the second."""
        expires = int((self._clock.now() + lives).timestamp())
        link = self._at / key.replace("/", _SLASH) % {"expires": str(expires), "signature": self._sign(key, expires)}
        return str(link)

    def key_of(self, named: str, expires: int, signature: str) -> str | None:
        """The key in a link's path; None where we did not make the link, or it has ended."""
        key = named.replace(_SLASH, "/")
        genuine = hmac.compare_digest(self._sign(key, expires).encode(), signature.encode())
        return key if genuine and self._clock.now().timestamp() < expires else None

    def _sign(self, key: str, expires: int) -> str:
        return encode(hmac.digest(self._secret, f"{expires} {key}".encode(), hashlib.sha256))
