"""Which limits a request falls under, and how its caller is told (draft-ietf-httpapi-ratelimit-headers-10)."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from uuid import UUID

from chassis.callers import Caller
from chassis.problems import TooManyRequests
from chassis.rate_limits import RateLimit
from contracts.tokens import UNBOUNDED
from gateway.gcra import SECOND, Limit, Standing
from gateway.limiter import Count
from gateway.routes import Route
from gateway.settings import GatewaySettings

MINUTE = 60
CALLERS = 10_000
"""Whose limits are kept at hand."""
_MOST_REQUESTS = 100_000_000


class Rates:
    """The usual limits of the settings, and those that an operation's document adds."""

    def __init__(self, settings: GatewaySettings) -> None:
        self.settings = settings
        self._of_caller = lru_cache(maxsize=CALLERS)(self._make_of_caller)

    def of(self, route: Route | None, address: str, caller: Caller | None) -> tuple[Limit, ...]:
        """All limits of one request; none for an operation that its document takes out of them.

        Somebody who shows a token is counted as themselves and as their organization: many people may share an address.
        Everybody else is counted by their address.
        """
        if route is not None and route.rate_limits is None:
            return ()
        usual = self._usual(address, caller)
        if route is None or not route.rate_limits:
            return usual
        return (*usual, *(self._of_operation(route, limit, address, caller) for limit in route.rate_limits))

    def _usual(self, address: str, caller: Caller | None) -> tuple[Limit, ...]:
        if caller is None:
            return (self._limit("address", network_of(address), self.settings.requests_per_minute_address),)
        quota = self.settings.requests_per_minute_organization if caller.quota is None else caller.quota
        return self._of_caller(caller.actor, caller.org_id, quota)

    def _make_of_caller(self, actor: str, org_id: UUID | None, quota: int) -> tuple[Limit, ...]:
        kind, _, name = actor.partition(":")
        own = self._limit(kind, name, self.settings.requests_per_minute_caller)
        if org_id is None or quota == UNBOUNDED:
            return (own,)
        return own, self._limit("organization", str(org_id), quota)

    def _of_operation(self, route: Route, limit: RateLimit, address: str, caller: Caller | None) -> Limit:
        by, who = "address", network_of(address)
        if limit.by == "caller" and caller is not None:
            by, who = limit.by, caller.actor
        elif limit.by == "organization" and caller is not None and caller.org_id is not None:
            by, who = limit.by, str(caller.org_id)
        key = f"{route.method} {route.template}:{by}:{who}"
        return Limit(f"operation-{by}", key, self._scaled(limit.requests), limit.seconds)

    def _limit(self, name: str, who: str, requests: int) -> Limit:
        return Limit(name, f"{name}:{who}", self._scaled(requests), MINUTE)

    def _scaled(self, requests: int) -> int:
        return min(_MOST_REQUESTS, max(1, round(requests * self.settings.rate_limit_scale)))


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """What stands for an address: itself, or the /64 of an IPv6 one, all of which one customer of a network holds."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((parsed, 64), strict=False))
    return address


def refusal(standing: Standing) -> TooManyRequests:
    """429, with the seconds after which asking again makes sense."""
    limit, seconds = standing.limit, max(1, ceil(standing.wait / SECOND))
    by = limit.name.removeprefix("operation-")
    return TooManyRequests(
        "rate_limited",
        f"At most {limit.requests} such requests in {limit.seconds} seconds from one {by}; try again in {seconds} s.",
        headers={"Retry-After": str(seconds)},
    )


def rate_headers(count: Count) -> tuple[tuple[str, str], tuple[str, str]]:
    """`RateLimit-Policy` and `RateLimit`; the parameter `scope` says when a process counts for itself alone."""
    scope = "" if count.shared else ';scope="process"'
    policies = ", ".join([standing.limit.policy + scope for standing in count.standings])
    standings = ", ".join(
        [f'"{one.limit.name}";r={one.remaining};t={-(-one.ahead // SECOND)}' for one in count.standings]
    )
    return ("RateLimit-Policy", policies), ("RateLimit", standings)
