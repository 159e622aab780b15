"""The worker's own HTTP door: what another service may ask of the process that has the handlers and sees all rows.

It stands in the worker because a dead letter is rehearsed by the very handlers that failed, under the role they run
under. The gateway never routes to it.
"""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from pydantic import SecretStr

from chassis import deadletter_routes
from chassis.database import Database
from chassis.deadletter_routes import DeadLetters
from chassis.inbox import Reader
from chassis.internal import InternalVerifier
from chassis.server import listen, stop_listening
from chassis.settings import DatabaseSettings, PeerSettings, ServiceSettings
from chassis.web import create_app

if TYPE_CHECKING:
    from chassis.lifecycle import Service

CONNECTIONS = 2


async def open_internal_door(service: "Service", settings: ServiceSettings, stack: AsyncExitStack) -> int | None:
    """Listen as long as the stack is open; the port, or None for a service that trusts nobody or has no database.

    Raises StartRefused if the port is taken.
    """
    if not isinstance(settings, DatabaseSettings) or not isinstance(settings, PeerSettings):
        return None
    url: SecretStr = settings.database_worker_url
    database = await Database.connect(url.get_secret_value(), service=service.name, size=CONNECTIONS)
    stack.push_async_callback(database.close)
    app = create_app(
        settings,
        [deadletter_routes.ROUTES],
        service=service.name,
        provide={DeadLetters: DeadLetters(database, await readers_of(service, settings, stack))},
        internal=InternalVerifier(settings.trusted_services, service.name),
    )
    runner, port = await listen(
        app, settings.internal_host, settings.internal_port, shutdown_seconds=1, setting="INTERNAL_PORT"
    )
    stack.push_async_callback(stop_listening, runner)
    return port


async def readers_of(service: "Service", settings: ServiceSettings, stack: AsyncExitStack) -> Mapping[str, Reader]:
    """Queue -> who understands its messages: as the service says, else its reactions on its own queue."""
    if service.readers is not None:
        return await service.readers(settings, stack)
    return {service.name: Reader(service.reactions)} if service.reactions is not None else {}
