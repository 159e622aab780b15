"""The only wiring of teams."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

from aiohttp import web

from chassis.auth import Authenticator, LocalKeys
from chassis.blobs import Blobs
from chassis.clock import Clock, SystemClock
from chassis.database import Context, Database
from chassis.delivery import workers
from chassis.internal import InternalVerifier
from chassis.lifecycle import Runnable, Service
from chassis.outward import Outward
from chassis.passwords import Passwords
from chassis.revocations import Revocations
from chassis.second_factors import SeedVault
from chassis.topology import Topology
from chassis.vault import Vault
from chassis.web import create_app
from teams.api import ROUTES
from teams.api.cookies import RefreshCookies
from teams.api.sso_sign_in import SsoCookies
from teams.commands import ACTIVITY
from teams.consumers import REACTIONS
from teams.dns_gateway import TxtRecords
from teams.jobs import schedules
from teams.key_commands import FACTORS, KEYS
from teams.openid_gateway import OpenIdProviders
from teams.pillow_gateway import Pictures
from teams.settings import Settings
from teams.snapshots import SNAPSHOTS
from teams.tokens import AccessTokens
from teams.usecases.check_token import check_token

NAME = "teams"
MIGRATIONS = Path(__file__).parents[2] / "migrations"


async def serve(settings: Settings, stack: AsyncExitStack) -> web.Application:
    """The HTTP process: needs Postgres and nothing else, neither the bus nor another service."""
    return await make_application(settings, stack, SystemClock())


async def make_application(settings: Settings, stack: AsyncExitStack, clock: Clock) -> web.Application:
    """The application under a given clock."""
    database = await Database.connect(
        settings.database_api_url.get_secret_value(), service=NAME, clock=clock, size=settings.database_pool_size
    )
    stack.push_async_callback(database.close)
    passwords = Passwords()
    stack.callback(passwords.close)
    pictures = Pictures()
    stack.callback(pictures.close)
    authenticator = _authenticator(settings, database, clock)
    provide: dict[type, object] = {
        Settings: settings,
        Authenticator: authenticator,
        AccessTokens: AccessTokens(settings.keys),
        Passwords: passwords,
        Pictures: pictures,
        Blobs: Blobs.open(settings),
        SeedVault: settings.seed_vault,
        RefreshCookies: RefreshCookies(settings),
        SsoCookies: SsoCookies(settings),
        Vault: settings.vault,
        OpenIdProviders: _providers(settings, stack, clock),
        TxtRecords: TxtRecords(settings.sso_nameservers),
    }
    return create_app(
        settings,
        ROUTES,
        service=NAME,
        provide=provide,
        database=database,
        authenticator=authenticator,
        internal=InternalVerifier(settings.trusted_services, NAME, clock),
    )


def _providers(settings: Settings, stack: AsyncExitStack, clock: Clock) -> OpenIdProviders:
    """Customers name them, so whom we call is a stranger; http only where everything is a developer's own."""
    outward = Outward.open(private=settings.sso_private_providers, plain=settings.environment == "development")
    stack.push_async_callback(outward.close)
    return OpenIdProviders(outward, redirect_uri=settings.sso_redirect_uri, clock=clock)


async def work(settings: Settings, stack: AsyncExitStack) -> Sequence[Runnable]:
    """The worker process: the relay, the consumer, their upkeep and the jobs."""
    url = settings.database_worker_url.get_secret_value()
    database = await Database.connect(url, service=NAME, size=settings.database_pool_size)
    stack.push_async_callback(database.close)
    bus_url = settings.rabbitmq_url.get_secret_value()
    jobs = schedules(
        settings.seal(),
        settings.vault,
        mail_key=settings.notifier_public_key,
        activity_kept=timedelta(days=settings.activity_kept_days),
        blobs=Blobs.open(settings),
    )
    return workers(database, bus_url=bus_url, reactions=REACTIONS, schedules=jobs)


def _authenticator(settings: Settings, database: Database, clock: Clock) -> Authenticator:
    """Own keys, and the database asked at each request: a revocation counts here at once, with or without the bus."""

    async def holds(token: str) -> bool:
        caller = await authenticator.verify(token)
        async with database.transaction(Context(f"system:{NAME}")) as tx:
            return await check_token(tx, caller)

    keys = LocalKeys(key.verifying for key in settings.keys)
    authenticator = Authenticator(keys, Revocations(ask=holds, clock=clock), clock=clock)
    return authenticator


SERVICE = Service(
    name=NAME,
    settings=Settings,
    routes=ROUTES,
    serve=serve,
    work=work,
    migrations=MIGRATIONS,
    topology=Topology.of(NAME, REACTIONS),
    reactions=REACTIONS,
    snapshots=SNAPSHOTS,
    commands=(ACTIVITY, KEYS, FACTORS),
)
