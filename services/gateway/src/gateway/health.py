"""Readiness of the gateway: that it can tell who calls. A service that is away is named, nothing more."""

import asyncio
from collections.abc import Mapping

from chassis.auth import KeySource, Revocations
from chassis.health import Health
from chassis.problems import Unavailable
from gateway.limiter import Limiter
from gateway.upstreams import Upstream

_ASK_SECONDS = 1.0
_ASK_EVERY_SECONDS = 1.0
_NO_KEY = "readiness"


class GatewayHealth(Health):
    """Ready once the keys were fetched and the revocations heard, and from then on until it stops.

    Losing teams or the bus later is named but does not make it unready: it answers 503 where it must, and taking every
    gateway out of service would take down what still works.
    """

    def __init__(
        self, upstreams: Mapping[str, Upstream], keys: KeySource, revocations: Revocations, limiter: Limiter
    ) -> None:
        super().__init__()
        self._upstreams = upstreams
        self._keys = keys
        self._revocations = revocations
        self._limiter = limiter
        self._had_keys = self._had_revocations = False
        self._asked_at = float("-inf")
        self._services: dict[str, str] = {}

    async def ready(self) -> tuple[bool, dict[str, str]]:
        """Whether the gateway takes requests; what it needs and every service by name, each with a word."""
        keys, (_, parts), services = await asyncio.gather(self._ask_keys(), super().ready(), self._ask_services())
        revocations = "ok" if self._revocations.synced else "not heard: teams is asked for every token"
        limits = "counted in each process: Redis is away" if self._limiter.is_local else "ok"
        self._had_revocations = self._had_revocations or self._revocations.synced
        ready = self._had_keys and self._had_revocations and not self.stopping
        return ready, {"keys": keys, "revocations": revocations, "limits": limits, **parts, **services}

    async def _ask_keys(self) -> str:
        try:
            await self._keys.find(_NO_KEY)
        except Unavailable:
            return "cannot be fetched from teams"
        self._had_keys = True
        return "ok"

    async def _ask_services(self) -> dict[str, str]:
        """At most once a second: anybody may ask for our health, and must not flood the services by it."""
        now = asyncio.get_running_loop().time()
        if now - self._asked_at >= _ASK_EVERY_SECONDS:
            self._asked_at = now
            said = await asyncio.gather(*(_ask(upstream) for upstream in self._upstreams.values()))
            self._services = {f"service {name}": word for name, word in zip(self._upstreams, said, strict=True)}
        return self._services


async def _ask(upstream: Upstream) -> str:
    try:
        async with asyncio.timeout(_ASK_SECONDS):
            async with await upstream.pool.request("GET", "/health/live", [(b"Connection", b"close")]) as answer:
                return "ok" if answer.status < 400 else f"answers {answer.status}"
    except (OSError, TimeoutError):
        return "unreachable"
