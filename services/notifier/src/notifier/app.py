"""The composition root: the only place where the parts of notifier meet."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

from aiohttp import web

from chassis import peers, sealing
from chassis import web as chassis_web
from chassis.auth import Authenticator
from chassis.database import AfterCommit, Database
from chassis.delivery import readers_of, workers
from chassis.inbox import Reactions, Reader
from chassis.lifecycle import Runnable, Service
from chassis.processes import run_beside
from chassis.settings import StartRefused
from chassis.topology import Topology
from notifier import consumers, jobs, redis_gateway
from notifier.api import notifications, stream
from notifier.consumers import CommandConsumers, EventConsumers
from notifier.live import Live, NobodyListens
from notifier.mail import Sender
from notifier.mailer import Mailer, Postbox
from notifier.redis_gateway import RedisLive, RedisNode, Tickets
from notifier.rendering import Renderer
from notifier.settings import Settings
from notifier.smtp_gateway import SmtpGateway
from notifier.stream.hub import Hub
from notifier.stream.node import Node
from notifier.stream.reader import StreamReader

NAME = "notifier"
ROUTES = (notifications.routes, stream.routes)


async def _nobody_to_wake() -> None:
    """The mailer polls."""


# Sealed to a key whose private half is gone: the table alone says who reacts to what and delivers nothing.
_NO_POST = consumers.Post("", sealing.new_keypair()[1], _nobody_to_wake)
REACTIONS = consumers.reactions(EventConsumers(Renderer(), NobodyListens(), _NO_POST), CommandConsumers(_NO_POST))


async def serve(settings: Settings, stack: AsyncExitStack) -> web.Application:
    """The HTTP door and this node's sockets."""
    database = await _connect(settings, stack, settings.database_api_url.get_secret_value())
    authenticator = await peers.connect_authenticator(settings, stack, service=NAME)
    return await open_doors(settings, stack, database, authenticator)


async def open_doors(
    settings: Settings, stack: AsyncExitStack, database: Database, authenticator: Authenticator
) -> web.Application:
    """The application over a database and an authenticator, with its node at work as long as the stack is open."""
    redis = redis_gateway.connect(settings.redis_url.get_secret_value())
    stack.push_async_callback(redis.aclose)
    reader = StreamReader(database, at_once=settings.database_pool_size // 2)
    hub = Hub(reader.catch_up, per_user=settings.sockets_per_user, per_address=settings.sockets_per_address)
    authenticator.revocations.on_revoked(hub.revoke)
    node = Node(hub, RedisNode(redis, str(uuid4())), database, heartbeat_s=settings.heartbeat_seconds)
    await run_beside(stack, node)
    tickets = Tickets(redis)
    provide: dict[type, object] = {
        RedisLive: RedisLive(redis),
        Tickets: tickets,
        Node: node,
        StreamReader: reader,
        stream.StreamDoor: stream.StreamDoor(settings, authenticator, tickets),
    }
    app = chassis_web.create_app(
        settings, ROUTES, service=NAME, provide=provide, database=database, authenticator=authenticator
    )

    async def dismiss_all(_: web.Application) -> None:
        hub.dismiss_all()

    app.on_shutdown.append(dismiss_all)
    return app


async def work(settings: Settings, stack: AsyncExitStack) -> Sequence[Runnable]:
    """Consumers, relay, retries, jobs and the mailer."""
    database = await _connect(settings, stack, settings.database_worker_url.get_secret_value())
    redis = redis_gateway.connect(settings.redis_url.get_secret_value())
    stack.push_async_callback(redis.aclose)
    mailer = Mailer(database, _postbox(settings))
    delivering = workers(
        database,
        bus_url=settings.rabbitmq_url.get_secret_value(),
        reactions=_reactions(settings, RedisLive(redis), mailer.wake),
        private_key=settings.command_private_key.get_secret_value(),
        schedules=jobs.schedules(settings),
    )
    return [*delivering, mailer]


async def readers(settings: Settings, stack: AsyncExitStack) -> Mapping[str, Reader]:  # noqa: ARG001 - opens nothing
    """For dead letters replayed from the command line: sockets and mailers find what it stores by themselves."""
    reactions = _reactions(settings, NobodyListens(), _nobody_to_wake)
    return readers_of(NAME, reactions, settings.command_private_key.get_secret_value())


def _reactions(settings: Settings, live: Live, wake_mailer: AfterCommit) -> Reactions:
    public_key = _public_key(settings.command_private_key.get_secret_value())
    post = consumers.Post(settings.public_url, public_key, wake_mailer)
    return consumers.reactions(EventConsumers(Renderer(), live, post), CommandConsumers(post))


def _postbox(settings: Settings) -> Postbox:
    try:
        sender = Sender.parse(settings.mail_from)
    except ValueError as error:
        raise StartRefused(f"MAIL_FROM: {error}") from None
    gateway = SmtpGateway(settings, hello=sender.address.domain)
    return Postbox(Renderer(), sender, gateway, settings.command_private_key.get_secret_value())


async def _connect(settings: Settings, stack: AsyncExitStack, url: str) -> Database:
    database = await Database.connect(url, service=NAME, size=settings.database_pool_size)
    stack.push_async_callback(database.close)
    return database


def _public_key(private_key: str) -> str:
    try:
        return sealing.public_key_of(private_key)
    except ValueError as error:
        raise StartRefused(f"COMMAND_PRIVATE_KEY: {error}") from None


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
)
