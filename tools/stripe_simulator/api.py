"""The HTTP side of `/v1`: key, version, parameters, idempotency, faults, errors."""

import asyncio
import base64
import binascii
import json
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from stripe_simulator import API_VERSION
from stripe_simulator.courier import Courier
from stripe_simulator.errors import StripeError, invalid, unauthorized, unknown_url
from stripe_simulator.expansion import expand
from stripe_simulator.forms import decode
from stripe_simulator.idempotency import Answer, IdempotencyKeys
from stripe_simulator.identifiers import new_id
from stripe_simulator.operations import Operation, Operations
from stripe_simulator.params import parse
from stripe_simulator.timekeeper import Timekeeper
from stripe_simulator.transaction import Origin, Tx
from stripe_simulator.world import World

_KEY = re.compile(r"^(sk|rk)_test_\w+$")
_MAX_LOGGED = 1000


@dataclass
class Seen:
    """One request as it was seen."""

    id: str
    at: float
    method: str
    path: str
    params: dict[str, Any] = field(default_factory=dict)
    idempotency_key: str | None = None
    status: int = 0
    replayed: bool = False
    fault: str | None = None


class Api:
    """Answers what Stripe's SDKs send."""

    def __init__(self, world: World, operations: Operations, timekeeper: Timekeeper, courier: Courier) -> None:
        self.seen: deque[Seen] = deque(maxlen=_MAX_LOGGED)
        self.keys = IdempotencyKeys()
        self._world = world
        self._operations = operations
        self._timekeeper = timekeeper
        self._courier = courier

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request; every answer is Stripe's JSON."""
        seen = Seen(new_id("request"), self._world.clock.now(), request.method, request.path)
        seen.idempotency_key = request.headers.get("Idempotency-Key")
        self.seen.append(seen)
        try:
            answer = await self._answer(request, seen)
        except StripeError as error:
            answer = _answered(error.status, error.body(), seen.id)
        return await self._respond(request, seen, answer)

    async def _answer(self, request: web.Request, seen: Seen) -> Answer:
        _authorize(request, self._world.settings.api_keys)
        _check_version(request)
        seen.params = await _parameters(request)
        operation, ids = self._operations.find(request.method, request.path)
        await self._meet_faults(seen)
        key = seen.idempotency_key if request.method == "POST" else None
        if key is None:
            return self._carry_out(operation, ids, seen)
        replayed = self.keys.begin(key, seen.method, seen.path, seen.params, self._world.clock.now())
        if replayed is not None:
            seen.replayed = True
            return replayed
        return await self._first(key, operation, ids, seen)

    async def _first(self, key: str, operation: Operation, ids: tuple[str, ...], seen: Seen) -> Answer:
        """Carry out the first request with a key; what was never begun leaves the key free."""
        try:
            await self._slowly(seen)
            answer = self._carry_out(operation, ids, seen)
        except BaseException:
            self.keys.forget(key)
            raise
        self.keys.finish(key, answer)
        return answer

    async def _meet_faults(self, seen: Seen) -> None:
        faults = self._world.faults
        if faults.for_request("http_429", seen.method, seen.path):
            seen.fault = "http_429"
            raise StripeError(429, "invalid_request_error", "Too many requests; try again later", code="rate_limit")
        if faults.for_request("http_500", seen.method, seen.path):
            seen.fault = "http_500"
            raise StripeError(500, "api_error", "An error was asked for")
        if seen.method != "POST" or seen.idempotency_key is None:
            await self._slowly(seen)

    async def _slowly(self, seen: Seen) -> None:
        fault = self._world.faults.for_request("slow", seen.method, seen.path)
        if fault is not None:
            seen.fault = fault.kind
            await asyncio.sleep(fault.seconds)

    def _carry_out(self, operation: Operation, ids: tuple[str, ...], seen: Seen) -> Answer:
        """Errors about the request are raised; a declined payment is an answer that an idempotency key replays."""
        params = parse(operation.params, seen.params)
        self._timekeeper.catch_up()
        tx = Tx(self._world, origin=Origin(seen.id, seen.idempotency_key))
        try:
            body = expand(tx, operation.handler(tx, params, *ids), params.expand)
        except StripeError as error:
            if error.keep:
                tx.commit()
            if error.type == "invalid_request_error":
                raise
            return _answered(error.status, error.body(), seen.id)
        tx.commit()
        return _answered(200, body, seen.id)

    async def _respond(self, request: web.Request, seen: Seen, answer: Answer) -> web.StreamResponse:
        seen.status = answer.status
        faults = self._world.faults
        if faults.for_request("webhook_before_response", seen.method, seen.path):
            seen.fault = "webhook_before_response"
            await self._courier.send_due()
        cut = faults.for_request("timeout_after_commit", seen.method, seen.path) if answer.status < 400 else None
        response = web.Response(status=answer.status, body=answer.body, headers=_headers(seen, answer))
        if cut is not None:
            seen.fault = cut.kind
            await self._cut(request, cut.seconds)
        else:
            await response.prepare(request)
            await response.write_eof()
        self._courier.wake()
        self._timekeeper.notice()
        return response

    async def _cut(self, request: web.Request, seconds: float) -> None:
        self._courier.wake()
        await asyncio.sleep(seconds)
        if request.transport is not None:
            request.transport.abort()


def _answered(status: int, body: dict[str, Any], request_id: str) -> Answer:
    return Answer(status, json.dumps(body, indent=2).encode() + b"\n", request_id)


def _headers(seen: Seen, answer: Answer) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json",
        "Request-Id": seen.id,
        "Stripe-Version": API_VERSION,
        "Cache-Control": "no-cache, no-store",
    }
    if seen.idempotency_key is not None and seen.method == "POST":
        headers |= {"Idempotency-Key": seen.idempotency_key, "Original-Request": answer.request_id}
    if seen.replayed:
        headers["Idempotent-Replayed"] = "true"
    return headers


def _authorize(request: web.Request, accepted: frozenset[str]) -> None:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    key = credentials.strip()
    if scheme.lower() == "basic":
        try:
            key = base64.b64decode(key, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            raise unauthorized("The Authorization header is not valid Basic authentication.") from None
    if not key or scheme.lower() not in ("basic", "bearer"):
        raise unauthorized("You did not provide an API key: send 'Authorization: Bearer YOUR_SECRET_KEY'.")
    if not _KEY.match(key) or (accepted and key not in accepted):
        raise unauthorized(f"Invalid API Key provided: {key[:8]}{'*' * 8}")


def _check_version(request: web.Request) -> None:
    version = request.headers.get("Stripe-Version", API_VERSION)
    if version != API_VERSION:
        raise invalid(f"Invalid Stripe API version: {version}. The simulator speaks {API_VERSION} only.")


async def _parameters(request: web.Request) -> dict[str, Any]:
    if not request.path.startswith("/v1/"):
        raise unknown_url(request.method, request.path)
    pairs = parse_qsl(request.query_string, keep_blank_values=True)
    if request.can_read_body:
        if request.content_type not in ("application/x-www-form-urlencoded", "application/octet-stream"):
            raise invalid(f"Invalid request: v1 takes forms, not {request.content_type}")
        pairs += parse_qsl(await request.text(), keep_blank_values=True)
    return decode(pairs)
