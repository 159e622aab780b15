"""The command line of the service that has the things: `backfill_process.py snapshot|replay …`, to be killed too."""

from contextlib import AsyncExitStack
from pathlib import Path

import things
from aiohttp import web

from chassis.lifecycle import Service, main
from chassis.settings import ServiceSettings
from chassis.topology import Topology


async def serve(settings: ServiceSettings, stack: AsyncExitStack) -> web.Application:
    return web.Application()


main(
    Service(
        name=things.SERVICE,
        settings=ServiceSettings,
        routes=(),
        serve=serve,
        migrations=Path(__file__).parent / "migrations",
        topology=Topology(things.SERVICE),
        snapshots=(things.THINGS,),
    )
)
