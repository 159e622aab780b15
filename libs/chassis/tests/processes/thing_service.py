"""A service as a process: `python thing_service.py serve|work|…`."""

import asyncio
import os
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import structlog
from aiohttp import web
from pydantic import BaseModel

from chassis.auth import Authenticator, LocalKeys
from chassis.database import Database, Tx
from chassis.inbox import Reactions
from chassis.keys import SigningKey
from chassis.lifecycle import Runnable, Service, main
from chassis.processes import run_beside
from chassis.revocations import Revocations
from chassis.settings import BusSettings, DatabaseSettings, ServiceSettings
from chassis.topology import Topology
from chassis.web import Access, Routes, create_app
from contracts.permissions import Permission

log = structlog.get_logger()
routes = Routes("things")


class Thing(BaseModel):
    name: str


class ThingSettings(ServiceSettings, DatabaseSettings, BusSettings):
    """What a service with everything reads."""


@routes.post("/v1/things", access=Access.PUBLIC, summary="Echo")
async def create_thing(body: Thing) -> Thing:
    return body


@routes.get("/v1/things", access=Permission.ORGANIZATION_READ, summary="Count")
async def count_things(tx: Tx) -> Thing:
    log.info("counted", things=await tx.fetchval("SELECT count(*) FROM things"))
    return Thing(name="none")


async def serve(settings: ThingSettings, stack: AsyncExitStack) -> web.Application:
    database = await Database.connect(settings.database_api_url.get_secret_value(), service="things")
    stack.push_async_callback(database.close)

    for name in os.environ.get("TEST_SERVING_PARTS", "").split():
        await run_beside(stack, PARTS[name]())

    async def ask(_: str) -> bool:
        return True

    keys = LocalKeys([SigningKey.parse(os.environ["TEST_KEY"]).verifying])
    return create_app(
        settings,
        [routes],
        service="things",
        database=database,
        authenticator=Authenticator(keys, Revocations(ask=ask)),
    )


class Waiting:
    """Ends in order when cancelled."""

    async def run(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            log.info("put down")


class Stubborn:
    """Does not end by being asked once."""

    async def run(self) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.Event().wait()


class Failing:
    """Ends by itself."""

    async def run(self) -> None:
        raise RuntimeError("the part broke")


PARTS: dict[str, type[Runnable]] = {"waiting": Waiting, "stubborn": Stubborn, "failing": Failing}


async def work(_: ThingSettings, __: AsyncExitStack) -> Sequence[Runnable]:
    return [PARTS[name]() for name in os.environ["TEST_PARTS"].split()]


SERVICE = Service(
    name="things",
    settings=ThingSettings,
    routes=(routes,),
    serve=serve,
    work=work,
    migrations=Path(__file__).parent / "migrations",
    topology=Topology("things"),
    reactions=Reactions(),
)

if __name__ == "__main__":
    main(SERVICE)
