"""Where a request comes from: what the peer says of others is believed only of our own proxies."""

from collections.abc import Sequence
from typing import NamedTuple

from aiohttp import web

from chassis.addresses import Network, address_behind, is_within

_SCHEMES = frozenset({"http", "https"})


class Source(NamedTuple):
    """The client's network address, and the scheme and host it used."""

    address: str
    scheme: str
    host: str

    @property
    def origin(self) -> str:
        """The origin that our own pages have for this client."""
        return f"{self.scheme}://{self.host}"


def source_of(request: web.BaseRequest, proxies: Sequence[Network]) -> Source:
    """The source of a request; X-Forwarded-Proto counts only from one of our proxies (as X-Forwarded-For does)."""
    scheme = request.scheme
    if is_within(request.remote or "", proxies):
        given = request.headers.get("X-Forwarded-Proto", "").strip().lower()
        scheme = given if given in _SCHEMES else scheme
    return Source(address_behind(proxies, request), scheme, request.headers.get("Host", ""))
