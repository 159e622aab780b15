"""The client's address, where a proxy of ours stands between."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

from aiohttp import web

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
TRUSTED_PROXIES = web.AppKey("trusted_proxies", Sequence)


def client_address(request: web.BaseRequest) -> str:
    """The nearest address in X-Forwarded-For that is no proxy of ours; the peer's own if the peer is none."""
    app = getattr(request, "app", None)
    return address_behind(app.get(TRUSTED_PROXIES, ()) if app is not None else (), request)


def address_behind(trusted: Sequence[Network], request: web.BaseRequest) -> str:
    """The same, where these networks are our proxies'."""
    address = request.remote or "unknown"
    if "X-Forwarded-For" not in request.headers or not is_within(address, trusted):
        return address
    forwarded = ",".join(request.headers.getall("X-Forwarded-For")).split(",")
    for hop in reversed(forwarded):
        if not is_within(address, trusted) or _parsed(hop.strip()) is None:
            break
        address = hop.strip()
    return address


def is_within(text: str, networks: Sequence[Network]) -> bool:
    """Whether the text is an address in one of the networks."""
    if not networks:
        return False
    address = _parsed(text)
    return address is not None and any(
        address.version == network.version and address in network for network in networks
    )


@lru_cache(maxsize=4096)
def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
