"""The composition root: the only place where the parts of analytics meet."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from aiohttp import web

from analytics import consumers, jobs
from analytics.api import events, overview
from analytics.commands import COMMANDS
from analytics.consumers import EventConsumers
from analytics.settings import Settings
from chassis import peers
from chassis import web as chassis_web
from chassis.auth import Authenticator
from chassis.database import Database
from chassis.delivery import readers_of, workers
from chassis.inbox import Reader
from chassis.lifecycle import Runnable, Service
from chassis.topology import Topology

NAME = "analytics"
ROUTES = (events.routes, overview.routes)
REACTIONS = consumers.reactions(EventConsumers(Settings.model_construct().keep_events))


async def serve(settings: Settings, stack: AsyncExitStack) -> web.Application:
    """The HTTP door."""
    database = await _connect(settings, stack, settings.database_api_url.get_secret_value())
    authenticator = await peers.connect_authenticator(settings, stack, service=NAME)
    return open_doors(settings, database, authenticator)


def open_doors(settings: Settings, database: Database, authenticator: Authenticator) -> web.Application:
    """The application over a database and an authenticator."""
    provide: dict[type, object] = {Settings: settings}
    return chassis_web.create_app(
        settings, ROUTES, service=NAME, provide=provide, database=database, authenticator=authenticator
    )


async def work(settings: Settings, stack: AsyncExitStack) -> Sequence[Runnable]:
    """Consumers, relay, retries and jobs."""
    database = await _connect(settings, stack, settings.database_worker_url.get_secret_value())
    return workers(
        database,
        bus_url=settings.rabbitmq_url.get_secret_value(),
        reactions=consumers.reactions(EventConsumers(settings.keep_events)),
        schedules=jobs.schedules(settings),
    )


async def readers(settings: Settings, stack: AsyncExitStack) -> Mapping[str, Reader]:  # noqa: ARG001 - opens nothing
    """For dead letters replayed from the command line, under the settings."""
    return readers_of(NAME, consumers.reactions(EventConsumers(settings.keep_events)), None)


async def _connect(settings: Settings, stack: AsyncExitStack, url: str) -> Database:
    database = await Database.connect(url, service=NAME, size=settings.database_pool_size)
    stack.push_async_callback(database.close)
    return database


SERVICE = Service(
    name=NAME,
    settings=Settings,
    routes=ROUTES,
    serve=serve,
    work=work,
    migrations=Path(__file__).parents[2] / "migrations",
    topology=Topology.of(NAME, REACTIONS),
    reactions=REACTIONS,
    readers=readers,
    commands=COMMANDS,
)
