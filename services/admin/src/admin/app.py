"""The only wiring of admin."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
from aiohttp import web

from admin import jobs
from admin.api import ROUTES
from admin.api.cookies import RefreshCookies
from admin.api.witness import witness_of
from admin.checkpoints import CheckpointSeal
from admin.commands import AUDIT, STAFF
from admin.consumers import REACTIONS
from admin.dead_letter_gateway import DeadLetterDoors
from admin.settings import Settings
from admin.tokens import StaffTokens
from admin.usecases.admit_session import admit_session
from admin.usecases.record import record
from chassis.auth import LocalKeys
from chassis.callers import StaffCaller
from chassis.clock import Clock, SystemClock
from chassis.database import Context, Database
from chassis.delivery import workers
from chassis.internal import InternalSigner
from chassis.lifecycle import Runnable, Service
from chassis.passwords import Passwords
from chassis.second_factors import SeedVault
from chassis.staff import StaffAuthenticator
from chassis.topology import Topology
from chassis.web import create_app, request_id_of
from contracts.permissions import AdminPermission

NAME = "admin"
MIGRATIONS = Path(__file__).parents[2] / "migrations"


async def serve(settings: Settings, stack: AsyncExitStack) -> web.Application:
    """The HTTP process: needs Postgres; other services only for their dead letters."""
    return await make_application(settings, stack, SystemClock())


async def make_application(settings: Settings, stack: AsyncExitStack, clock: Clock) -> web.Application:
    """The application under a given clock."""
    database = await Database.connect(
        settings.database_api_url.get_secret_value(), service=NAME, clock=clock, size=settings.database_pool_size
    )
    stack.push_async_callback(database.close)
    passwords = Passwords()
    stack.callback(passwords.close)
    session = await stack.enter_async_context(aiohttp.ClientSession())
    signer = InternalSigner(NAME, settings.internal_signing_key.get_secret_value())
    authenticator = _authenticator(settings, database, clock)
    provide: dict[type, object] = {
        StaffAuthenticator: authenticator,
        StaffTokens: StaffTokens(settings.keys),
        SeedVault: SeedVault([key.get_secret_value() for key in settings.totp_seed_keys]),
        CheckpointSeal: CheckpointSeal(settings.keys),
        Passwords: passwords,
        RefreshCookies: RefreshCookies(settings),
        DeadLetterDoors: DeadLetterDoors(session, signer, settings.services_internal),
    }
    return create_app(settings, ROUTES, service=NAME, provide=provide, database=database, staff=authenticator)


async def work(settings: Settings, stack: AsyncExitStack) -> Sequence[Runnable]:
    """The worker process: consumers, relay, retries, jobs."""
    url = settings.database_worker_url.get_secret_value()
    database = await Database.connect(url, service=NAME, size=settings.database_pool_size)
    stack.push_async_callback(database.close)
    return workers(
        database,
        bus_url=settings.rabbitmq_url.get_secret_value(),
        reactions=REACTIONS,
        schedules=jobs.schedules(CheckpointSeal(settings.keys)),
    )


def _authenticator(settings: Settings, database: Database, clock: Clock) -> StaffAuthenticator:
    """Own keys, the sign-in itself asked at each request, and each refusal put down."""

    async def holds(caller: StaffCaller) -> bool:
        async with database.transaction(Context(f"system:{NAME}")) as tx:
            return await admit_session(tx, caller)

    async def put_down(caller: StaffCaller, permission: AdminPermission, request: web.Request) -> None:
        async with database.transaction(Context(caller.actor, request_id_of(request))) as tx:
            record(tx, witness_of(request, caller), "access.refused", permission.value, path=request.path)

    keys = LocalKeys(key.verifying for key in settings.keys)
    return StaffAuthenticator(keys, holds, on_refused=put_down, clock=clock)


SERVICE = Service(
    name=NAME,
    settings=Settings,
    routes=ROUTES,
    serve=serve,
    work=work,
    migrations=MIGRATIONS,
    topology=Topology.of(NAME, REACTIONS),
    reactions=REACTIONS,
    commands=(STAFF, AUDIT),
)
