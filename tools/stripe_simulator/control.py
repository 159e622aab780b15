"""`/_control`: what tests and demos do to the simulator, beside what Stripe's API can."""

import asyncio
from dataclasses import asdict
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from stripe_simulator import deliveries
from stripe_simulator.api import Api
from stripe_simulator.courier import Courier
from stripe_simulator.errors import StripeError, invalid
from stripe_simulator.faults import Fault
from stripe_simulator.lifecycle import payments
from stripe_simulator.rendering import public, rendered
from stripe_simulator.resources.payment_intents import settle
from stripe_simulator.store import Objects
from stripe_simulator.timekeeper import Timekeeper
from stripe_simulator.transaction import Tx
from stripe_simulator.world import World


class Move(BaseModel):
    """Where the clock goes: to a moment (seconds since 1970), or ahead by seconds and days."""

    model_config = ConfigDict(extra="forbid")

    to: float | None = None
    seconds: float = Field(0, ge=0)
    days: float = Field(0, ge=0)

    @model_validator(mode="after")
    def _one_way(self) -> "Move":
        if (self.to is not None) == bool(self.seconds or self.days):
            raise ValueError("give either `to`, or `seconds` and `days`")
        return self

    def target(self, now: float) -> float:
        """The moment that is meant."""
        return self.to if self.to is not None else now + self.seconds + self.days * 86_400


class Frozen(BaseModel):
    """Whether the clock stands still."""

    model_config = ConfigDict(extra="forbid")
    frozen: bool


class Authentication(BaseModel):
    """What the customer does with 3D Secure."""

    model_config = ConfigDict(extra="forbid")
    success: bool = True


class Waiting(BaseModel):
    """How long to wait at most, in seconds."""

    model_config = ConfigDict(extra="forbid")
    timeout: float = Field(20, ge=0, le=120)


class Control:
    """The control API; JSON in and out."""

    def __init__(self, world: World, api: Api, timekeeper: Timekeeper, courier: Courier) -> None:
        self._world = world
        self._api = api
        self._timekeeper = timekeeper
        self._courier = courier

    def routes(self) -> list[web.RouteDef]:
        """For aiohttp."""
        return [
            web.post("/_control/reset", self.reset),
            web.get("/_control/clock", self.clock),
            web.post("/_control/clock", self.move),
            web.put("/_control/clock", self.freeze),
            web.get("/_control/faults", self.faults),
            web.post("/_control/faults", self.arm),
            web.delete("/_control/faults", self.disarm),
            web.get("/_control/requests", self.requests),
            web.get("/_control/deliveries", self.deliveries),
            web.post("/_control/settle", self.settle),
            web.get("/_control/objects", self.objects),
            web.post(r"/_control/payment_intents/{id:pi_\w+}/authenticate", self.authenticate),
        ]

    async def reset(self, _request: web.Request) -> web.Response:
        """Forget all but the webhook endpoints that the command line named; the clock is right again."""
        endpoints = self._world.store.tables.get("webhook_endpoint", {})
        kept = {key: endpoint for key, endpoint in endpoints.items() if endpoint.get("_permanent")}
        self._world.store.tables = {"webhook_endpoint": kept}
        self._world.store.version += 1
        self._world.faults.clear()
        self._world.clock.reset()
        self._api.keys.clear()
        self._api.seen.clear()
        return web.Response(status=204)

    async def clock(self, _request: web.Request) -> web.Response:
        """What time it is."""
        clock = self._world.clock
        return web.json_response({"now": clock.now(), "ahead": clock.ahead, "frozen": clock.frozen})

    async def move(self, request: web.Request) -> web.Response:
        """Move it ahead; renewals, ends of trials and retries on the way happen, each at its time."""
        move = Move.model_validate_json(await request.read())
        self._timekeeper.advance(move.target(self._world.clock.now()))
        self._courier.wake()
        return await self.clock(request)

    async def freeze(self, request: web.Request) -> web.Response:
        """Let it stand still, or go on."""
        wanted = Frozen.model_validate_json(await request.read())
        if wanted.frozen:
            self._world.clock.freeze()
        else:
            self._world.clock.run()
        self._timekeeper.notice()
        self._courier.wake()
        return await self.clock(request)

    async def faults(self, _request: web.Request) -> web.Response:
        """What is still to happen."""
        return web.json_response({"items": [fault.model_dump() for fault in self._world.faults.pending()]})

    async def arm(self, request: web.Request) -> web.Response:
        """Ask for a fault."""
        fault = Fault.model_validate_json(await request.read())
        self._world.faults.arm(fault)
        return web.json_response(fault.model_dump(), status=201)

    async def disarm(self, _request: web.Request) -> web.Response:
        """Back to normal."""
        self._world.faults.clear()
        return web.Response(status=204)

    async def requests(self, _request: web.Request) -> web.Response:
        """The last thousand, oldest first."""
        return web.json_response({"items": [asdict(seen) for seen in self._api.seen]})

    async def deliveries(self, _request: web.Request) -> web.Response:
        """Every webhook that was owed, and its attempts; of what is done only the newest 2,000."""
        return web.json_response({"items": public(list(deliveries.log(Objects(self._world.store))))})

    async def settle(self, request: web.Request) -> web.Response:
        """Wait until no webhook is due: 200, or 504 if some still are. What is due later does not count."""
        waiting = Waiting.model_validate(dict(request.query))
        try:
            async with asyncio.timeout(waiting.timeout):
                await self._courier.settled()
        except TimeoutError:
            return web.json_response({"settled": False}, status=504)
        return web.json_response({"settled": True})

    async def objects(self, request: web.Request) -> web.Response:
        """How many there are of each kind; with `?kind=` the newest hundred of one kind."""
        view = Objects(self._world.store)
        kind = request.query.get("kind")
        if kind is None:
            tables = self._world.store.tables.items()
            counts = {name: len(table) for name, table in tables if table and not name.startswith("_")}
            return web.json_response({"counts": dict(sorted(counts.items()))})
        if kind.startswith("_"):
            raise invalid(f"There is no kind '{kind}'", param="kind", status=404)
        newest = list(view.scan(kind))[-100:]
        return web.json_response({"items": [rendered(view, obj) for obj in reversed(newest)]})

    async def authenticate(self, request: web.Request) -> web.Response:
        """The customer passes 3D Secure, or fails."""
        body = await request.read()
        wanted = Authentication.model_validate_json(body or b"{}")
        tx = Tx(self._world)
        intent = tx.fetch("payment_intent", request.match_info["id"])
        if intent["status"] != "requires_action":
            raise invalid(f"The payment's status is {intent['status']}.", code="payment_intent_unexpected_state")
        settle(tx, intent, payments.authenticate(tx, intent, success=wanted.success))
        tx.commit()
        self._courier.wake()
        return web.json_response(rendered(Objects(self._world.store), tx.fetch("payment_intent", intent["id"])))


def problem(status: int, detail: str, errors: list[Any] | None = None) -> web.Response:
    """A problem as JSON."""
    body = {"status": status, "detail": detail, **({"errors": errors} if errors else {})}
    return web.json_response(body, status=status, content_type="application/problem+json")


@web.middleware
async def answer_errors(request: web.Request, handler: Any) -> web.StreamResponse:
    """Turn what was raised outside of `/v1` into problems."""
    try:
        response: web.StreamResponse = await handler(request)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return problem(422, "the request is not valid", [{**entry, "loc": list(entry["loc"])} for entry in found])
    except StripeError as error:
        return problem(error.status, error.message)
    except web.HTTPException as error:
        return problem(error.status, error.reason)
    return response
