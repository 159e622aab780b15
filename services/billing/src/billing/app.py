"""The composition root: the only place where the parts of billing meet."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from aiohttp import web

from billing import jobs
from billing.api import ROUTES
from billing.api.subscription import Shop
from billing.api.webhooks import WebhookDoor
from billing.catalogue import load_catalogue
from billing.commands import COMMANDS
from billing.consumers import REACTIONS
from billing.domain.plans import Catalogue
from billing.executor import Executor
from billing.settings import Settings
from billing.snapshots import SNAPSHOTS
from billing.stripe_gateway import StripeGateway
from billing.webhook_loop import WebhookLoop
from chassis import peers
from chassis import web as chassis_web
from chassis.auth import Authenticator
from chassis.clock import SystemClock
from chassis.database import Database
from chassis.delivery import workers
from chassis.lifecycle import Runnable, Service
from chassis.topology import Topology

NAME = "billing"


async def serve(settings: Settings, stack: AsyncExitStack) -> web.Application:
    """The HTTP door: the books, intents, and Stripe's deliveries. It never calls Stripe."""
    database = await _connect(settings, stack, settings.database_api_url.get_secret_value())
    authenticator = await peers.connect_authenticator(settings, stack, service=NAME)
    return open_doors(settings, database, authenticator)


def open_doors(settings: Settings, database: Database, authenticator: Authenticator) -> web.Application:
    """The application over a database and an authenticator."""
    catalogue = load_catalogue(settings.catalog_file)
    provide: dict[type, object] = {
        Catalogue: catalogue,
        Shop: Shop(catalogue, settings.operation_wait_seconds),
        WebhookDoor: WebhookDoor(settings, SystemClock()),
    }
    return chassis_web.create_app(
        settings, ROUTES, service=NAME, provide=provide, database=database, authenticator=authenticator
    )


async def work(settings: Settings, stack: AsyncExitStack) -> Sequence[Runnable]:
    """Consumers, relay, retries and jobs; the two loops beside them carry out intents and handle webhooks."""
    database = await _connect(settings, stack, settings.database_worker_url.get_secret_value())
    gateway = StripeGateway(settings)
    stack.push_async_callback(gateway.close)
    catalogue = load_catalogue(settings.catalog_file)
    delivering = workers(
        database,
        bus_url=settings.rabbitmq_url.get_secret_value(),
        reactions=REACTIONS,
        schedules=jobs.schedules(settings),
    )
    executor = Executor(database, gateway, catalogue)
    return [*delivering, executor, WebhookLoop(database, gateway, catalogue, live=settings.live)]


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
    snapshots=SNAPSHOTS,
    commands=COMMANDS,
)
