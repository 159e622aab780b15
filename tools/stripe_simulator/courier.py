"""Sends the webhooks that are due: signed as Stripe signs them, in order for each endpoint, again after a failure."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from math import inf
from typing import Any

import aiohttp

from stripe_simulator import deliveries
from stripe_simulator.store import Obj, Objects
from stripe_simulator.world import World

_LONGEST_WAIT = 3600.0


def signature(secret: str, body: bytes, moment: int) -> str:
    """The value of the header `Stripe-Signature`: https://docs.stripe.com/webhooks#verify-manually."""
    signed = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={signed}"


class Courier:
    """One simulator's deliveries."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._work = asyncio.Event()
        self._idle = asyncio.Event()
        self._sending = asyncio.Lock()

    def wake(self) -> None:
        """There may be something to send, or the clock was moved."""
        self._idle.clear()
        self._work.set()

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            self._work.clear()
            await self.send_due()
            wait = self._next_due() - self._world.clock.now()
            if wait > 0:
                self._idle.set()
            try:
                async with asyncio.timeout(min(max(wait, 0.0), _LONGEST_WAIT)):
                    await self._work.wait()
            except TimeoutError:
                continue

    async def settled(self) -> None:
        """Wait until nothing is due (what is due later does not count)."""
        self.wake()
        await self._idle.wait()

    async def send_due(self) -> None:
        """Send all that is due now."""
        async with self._sending:
            while due := self._due():
                async with aiohttp.ClientSession() as http:
                    endpoints = {delivery["endpoint"] for delivery in due}
                    await asyncio.gather(*(self._send_to(http, endpoint, due) for endpoint in endpoints))

    def _objects(self) -> Objects:
        return Objects(self._world.store)

    def _due(self) -> list[Obj]:
        now = self._world.clock.now()
        return [delivery for delivery in deliveries.owed(self._objects()) if delivery["due"] <= now]

    def _next_due(self) -> float:
        return next((float(delivery["due"]) for delivery in deliveries.owed(self._objects())), inf)

    async def _send_to(self, http: aiohttp.ClientSession, endpoint: str, due: list[Obj]) -> None:
        for delivery in due:
            if delivery["endpoint"] == endpoint:
                await self._send(http, delivery["id"])

    async def _send(self, http: aiohttp.ClientSession, id: str) -> None:
        objects = self._objects()
        delivery = objects.get("_delivery", id)
        if delivery is None:
            return
        endpoint = objects.peek("webhook_endpoint", delivery["endpoint"])
        event = objects.peek("event", delivery["event"])
        if endpoint is None or event is None or endpoint["status"] != "enabled":
            deliveries.settle(objects, delivery, "canceled")
        else:
            attempts = await asyncio.gather(*(self._post(http, endpoint, event) for _ in range(delivery["copies"])))
            delivery["copies"] = 1
            now = self._world.clock.now()
            deliveries.attempted(objects, delivery, attempts[0], now, self._world.settings.retry_scale)
        objects.commit()

    async def _post(self, http: aiohttp.ClientSession, endpoint: Obj, event: Obj) -> dict[str, Any]:
        version = endpoint["api_version"] or event["api_version"]
        body = json.dumps({**event, "api_version": version}, indent=2).encode()
        # Receivers compare the signature's time with their own clock, which nobody moves.
        headers = dict(_headers(signature(endpoint["_secret"], body, int(time.time()))))
        timeout = aiohttp.ClientTimeout(total=self._world.settings.webhook_timeout)
        attempt: dict[str, Any] = {"at": self._world.clock.now(), "status": None, "error": None, "ok": False}
        try:
            async with http.post(
                endpoint["url"], data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                return attempt | {"status": answer.status, "ok": 200 <= answer.status < 300}
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return attempt | {"error": f"{type(error).__name__}: {error}"}


def _headers(signed: str) -> Iterator[tuple[str, str]]:
    yield "Content-Type", "application/json; charset=utf-8"
    yield "User-Agent", "Stripe/1.0 (simulator)"
    yield "Stripe-Signature", signed
