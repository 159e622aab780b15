"""HTTP to addresses that customers name: never into our own network, never after a redirect, never without an end.

Each address is judged at the moment its socket is made, after the name was resolved: so neither a name that resolves to
something private nor one that changes its mind between check and use (DNS rebinding) leads inside.
"""

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import aiohttp
import orjson
from aiohttp.abc import AbstractResolver
from yarl import URL

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_CHUNK = 16 * 1024
_NO_CONTENT_CODING = {"Accept": "application/json", "Accept-Encoding": "identity"}

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class OutwardFailed(Exception):
    """No usable answer. `code` is one of: address_refused, url_refused, unreachable, slow, redirected, too_large,
    garbage."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _RefusedAddress(OSError):
    """Raised in place of a connection. One text for all, so that several addresses fail as one."""

    def __init__(self) -> None:
        super().__init__("address refused")


@dataclass(frozen=True)
class Fetched:
    """A whole answer: its status and at most as many bytes as were allowed."""

    status: int
    body: bytes

    def json(self) -> dict[str, Any]:
        """The JSON object in it. Raises OutwardFailed (garbage)."""
        try:
            document = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise OutwardFailed("garbage") from None
        if not isinstance(document, dict):
            raise OutwardFailed("garbage")
        return document


def is_public(address: IpAddress) -> bool:
    """Whether an address lies in the public internet; IPv4 wrapped in IPv6 counts as what it leads to."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


class Outward:
    """A client for such addresses. `private` lets it into private networks, `plain` lets it speak http."""

    def __init__(self, session: aiohttp.ClientSession, *, plain: bool, seconds: float, max_bytes: int) -> None:
        self._session = session
        self._schemes = {"https", "http"} if plain else {"https"}
        self._timeout = aiohttp.ClientTimeout(total=seconds)
        self._max_bytes = max_bytes

    @classmethod
    def open(
        cls,
        *,
        private: bool,
        plain: bool,
        seconds: float = 8,
        max_bytes: int = 256 * 1024,
        resolver: AbstractResolver | None = None,
    ) -> Self:
        """A client of its own sockets; close it. `seconds` is for a whole exchange."""
        connector = aiohttp.TCPConnector(
            socket_factory=None if private else _public_socket, use_dns_cache=False, limit=64, resolver=resolver
        )
        session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False
        )
        return cls(session, plain=plain, seconds=seconds, max_bytes=max_bytes)

    async def close(self) -> None:
        """Let go of the sockets."""
        await self._session.close()

    def check_url(self, url: str) -> URL:
        """The URL, if it is one we would call: absolute, of an allowed scheme, nobody's name in it, no fragment.

        Raises OutwardFailed (url_refused).
        """
        try:
            parsed = URL(url)
        except (ValueError, TypeError):
            raise OutwardFailed("url_refused") from None
        if parsed.scheme not in self._schemes or not parsed.host or parsed.user is not None or parsed.fragment:
            raise OutwardFailed("url_refused")
        return parsed

    async def fetch(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, form: Mapping[str, str] | None = None
    ) -> Fetched:
        """One exchange. Raises OutwardFailed; a status of 4xx or 5xx is an answer like any other."""
        checked = self.check_url(url)
        try:
            async with self._session.request(
                method,
                checked,
                headers={**_NO_CONTENT_CODING, **(headers or {})},
                data=form,
                allow_redirects=False,
                timeout=self._timeout,
            ) as response:
                if 300 <= response.status < 400:
                    raise OutwardFailed("redirected")
                return Fetched(response.status, await self._read(response))
        except TimeoutError:
            raise OutwardFailed("slow") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise OutwardFailed("address_refused" if _was_refused(error) else "unreachable") from None

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        """Raises OutwardFailed (too_large) before more than that is in memory."""
        body = bytearray()
        async for chunk in response.content.iter_chunked(_CHUNK):
            body += chunk
            if len(body) > self._max_bytes:
                raise OutwardFailed("too_large")
        return bytes(body)


def _was_refused(error: BaseException) -> bool:
    return isinstance(getattr(error, "os_error", error), _RefusedAddress)


def _public_socket(address: tuple[Any, ...]) -> socket.socket:
    """A socket for an address that getaddrinfo's tuple names. Raises _RefusedAddress."""
    family, kind, protocol, _, target = address
    if not is_public(ipaddress.ip_address(str(target[0]).partition("%")[0])):
        raise _RefusedAddress
    made = socket.socket(family=family, type=kind, proto=protocol)
    made.setblocking(False)
    return made
