"""All of it together, on one port."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from stripe_simulator import state_file
from stripe_simulator.api import Api
from stripe_simulator.catalogue import operations
from stripe_simulator.control import Control, answer_errors
from stripe_simulator.courier import Courier
from stripe_simulator.pages import Pages
from stripe_simulator.resources.webhook_endpoints import added
from stripe_simulator.timekeeper import Timekeeper
from stripe_simulator.transaction import Tx
from stripe_simulator.world import Settings, World

_MAX_BODY = 1024 * 1024
_SAVED_EVERY = 0.2


@dataclass(frozen=True)
class Webhook:
    """An endpoint that is there from the start."""

    url: str
    secret: str


@dataclass(frozen=True)
class Running:
    """Where it listens, and what it knows."""

    url: str
    world: World


@asynccontextmanager
async def running(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    state: Path | None = None,
    webhook: Webhook | None = None,
    settings: Settings | None = None,
) -> AsyncIterator[Running]:
    """Simulate until the block ends; port 0 picks a free one. Raises OSError if the port is taken, StateUnreadable."""
    world = World(settings=settings or Settings())
    courier = Courier(world)
    timekeeper = Timekeeper(world, courier.wake)
    api = Api(world, operations(), timekeeper, courier)
    if state is not None:
        state_file.load(state, world, api.keys)
    if webhook is not None:
        _keep_endpoint(world, webhook)
    runner = web.AppRunner(_application(world, api, timekeeper, courier), access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    try:
        await site.start()
        world.settings.url = f"http://{host}:{runner.addresses[0][1]}"
        async with _running(timekeeper.run(), courier.run(), *([_saving(state, world, api)] if state else [])):
            yield Running(world.settings.url, world)
    finally:
        await runner.cleanup()
        if state is not None:
            state_file.save(state, world, api.keys)


def _application(world: World, api: Api, timekeeper: Timekeeper, courier: Courier) -> web.Application:
    app = web.Application(middlewares=[answer_errors], client_max_size=_MAX_BODY)
    app.add_routes(Pages(world).routes())
    app.add_routes(Control(world, api, timekeeper, courier).routes())
    app.router.add_route("*", "/{path:.*}", api.handle)
    return app


@asynccontextmanager
async def _running(*loops: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(loop) for loop in loops]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result


async def _saving(state: Path, world: World, api: Api) -> None:
    saved = world.store.version
    while True:
        await asyncio.sleep(_SAVED_EVERY)
        if world.store.version != saved:
            saved = world.store.version
            state_file.save(state, world, api.keys)


def _keep_endpoint(world: World, webhook: Webhook) -> None:
    """Exactly one endpoint is the command line's; it survives a reset, and a restart with another secret."""
    tx = Tx(world)
    for endpoint in list(tx.scan("webhook_endpoint")):
        if endpoint.get("_permanent") and (endpoint["url"], endpoint["_secret"]) == (webhook.url, webhook.secret):
            return
        if endpoint.get("_permanent"):
            tx.remove("webhook_endpoint", endpoint["id"])
    tx.save({**added(tx, webhook.url, webhook.secret, ["*"]), "_permanent": True})
    tx.commit()
