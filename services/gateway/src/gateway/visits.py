"""What the gateway knows of a request while it answers it, and what that gives the answer to wear."""

from dataclasses import dataclass

from aiohttp import web

from chassis.middleware import give_headers
from gateway.hygiene import API_POLICY, security_headers
from gateway.limiter import Count
from gateway.origins import Origins
from gateway.rates import rate_headers
from gateway.sources import Source


@dataclass(slots=True)
class Visit:
    """One request. `token` is the access token that was shown, or that the API key shown stands for; `count` is where
    it stands on its limits; a `suspect` one's connection is not used again; `policy` is the answer's
    Content-Security-Policy.
    """

    source: Source | None = None
    policy: str = API_POLICY
    suspect: bool = False
    token: str | None = None
    count: Count | None = None


VISIT = web.RequestKey("visit", Visit)


def dress(request: web.BaseRequest, response: web.StreamResponse, origins: Origins) -> None:
    """Put on the answer what every answer of the gateway carries: streams, sockets, and refusals of what is no HTTP."""
    give_headers(request, response)
    visit, headers = request.get(VISIT) or Visit(), response.headers
    https = visit.source is not None and visit.source.scheme == "https"
    headers.update(security_headers(policy=visit.policy, https=https))
    headers.extend(origins.shared_with(request.headers.get("Origin")))
    if visit.count is not None:
        headers.update(rate_headers(visit.count))
    headers.popall("Server", None)
    if visit.suspect:
        response.force_close()
        headers["Connection"] = "close"
