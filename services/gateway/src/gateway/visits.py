"""What the gateway knows of a request while it answers it, and what that gives the answer to wear."""

import time
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache

from aiohttp import web

from chassis.middleware import give_headers
from chassis.requests import REQUEST_ID_HEADER, request_id_of
from gateway.headers import Fields
from gateway.hygiene import API_POLICY, security_headers
from gateway.limiter import Count
from gateway.origins import Origins
from gateway.rates import rate_headers
from gateway.sources import Source


@dataclass(slots=True)
class Visit:
    """One request. `passed` is what of its headers a service gets to see; `token` is the access token that was shown,
    or that the API key shown stands for; `count` is where it stands on its limits; a `suspect` one's connection is not
    used again; `policy` is the answer's Content-Security-Policy.
    """

    origins: Origins
    source: Source | None = None
    passed: Fields = field(default_factory=list)
    policy: str = API_POLICY
    suspect: bool = False
    token: str | None = None
    count: Count | None = None

    @property
    def https(self) -> bool:
        """Whether the client really came by https."""
        return self.source is not None and self.source.scheme == "https"

    def own_headers(self, request: web.BaseRequest) -> list[tuple[str, str]]:
        """Those that differ from request to request."""
        shared = self.origins.shared_with(request.headers.get("Origin"))
        return [*shared.items(), *(() if self.count is None else rate_headers(self.count))]


VISIT = web.RequestKey("visit", Visit)


def dress(request: web.BaseRequest, response: web.StreamResponse, origins: Origins) -> None:
    """Put on the answer what every answer of the gateway carries: streams, sockets, and refusals of what is no HTTP."""
    give_headers(request, response)
    visit, headers = request.get(VISIT) or Visit(origins), response.headers
    headers.update(security_headers(policy=visit.policy, https=visit.https))
    headers.extend(visit.own_headers(request))
    headers.popall("Server", None)
    if visit.suspect:
        response.force_close()
        headers["Connection"] = "close"


def worn(request: web.BaseRequest, *, stored: bool) -> str:
    """The same as lines, for an answer whose head is written here; `stored` says that it has a Cache-Control."""
    visit = request[VISIT]
    text = f"{_always(visit.policy, visit.https)}Date: {_date(int(time.time()))}\r\n"
    text += f"{REQUEST_ID_HEADER}: {request_id_of(request)}\r\n"
    for name, value in visit.own_headers(request):
        text += f"{name}: {value}\r\n"
    return text if stored else text + "Cache-Control: no-store\r\n"


@lru_cache(maxsize=16)
def _always(policy: str, https: bool) -> str:
    return "".join([f"{name}: {value}\r\n" for name, value in security_headers(policy=policy, https=https).items()])


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
