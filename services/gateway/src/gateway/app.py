"""The only wiring: what the gateway is made of."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import partial
from ipaddress import ip_network

from aiohttp import ClientSession, web

from chassis.auth import Authenticator, RemoteKeys
from chassis.health import add_health
from chassis.internal import InternalClient, InternalSigner
from chassis.middleware import account_for
from chassis.peers import TEAMS, listen_to_revocations, revocations_from
from chassis.processes import run_beside
from chassis.server import DIRECT, Direct
from contracts import asyncapi
from gateway import home, redis_gateway
from gateway.api_keys import ApiKeys
from gateway.documents import merge, read_documents
from gateway.door import HEALTH_PATHS, FrontDoor
from gateway.events_page import STYLE, events_page
from gateway.health import GatewayHealth
from gateway.home import Home, describe
from gateway.limiter import Limiter
from gateway.origins import Origins
from gateway.overload import Overload
from gateway.pages import Pages
from gateway.proxy import Proxy
from gateway.rates import Rates
from gateway.reference import Reference
from gateway.routes import Document, RouteTable, routes_of
from gateway.settings import GatewaySettings
from gateway.sockets import STREAM_PATH, STREAM_SERVICE, Sockets
from gateway.upstreams import Upstream, open_upstreams
from gateway.visits import VISIT, Visit, dress

NAME = "gateway"
_PARSER_BYTES = 65_536
"""Above the gateway's own caps, so that what is too large gets the gateway's answer and not the parser's."""
_LINGERING_SECONDS = 2.0
"""How long the rest of a refused body is read and dropped, so that the client gets to see why."""


async def serve(settings: GatewaySettings, stack: AsyncExitStack) -> web.Application:
    """The application; what it opens is closed with the stack. Raises StartRefused for documents it cannot route."""
    documents = read_documents(settings.openapi_directory, settings.services)
    upstreams = stack.enter_context(open_upstreams(settings))
    session = await stack.enter_async_context(ClientSession())
    keys = RemoteKeys(session, f"{settings.teams_url.rstrip('/')}/.well-known/jwks.json")
    signer = InternalSigner(NAME, settings.internal_signing_key.get_secret_value())
    teams = InternalClient(session, signer, TEAMS, settings.teams_url)
    revocations = revocations_from(teams)
    authenticator = Authenticator(keys, revocations)
    await listen_to_revocations(settings.rabbitmq_url.get_secret_value(), stack, revocations, service=NAME)
    limiter = Limiter(redis_gateway.connect(settings.redis_url.get_secret_value(), stack))
    stack.push_async_callback(limiter.stop)
    overload = Overload(
        most_in_hand=settings.requests_in_hand,
        most_while_late=settings.requests_in_hand_while_late,
        lag_seconds=settings.lag_seconds,
    )
    await run_beside(stack, overload)
    health = GatewayHealth(upstreams, keys, revocations, limiter)
    door = _door(settings, documents, upstreams, ApiKeys(teams, authenticator), limiter, health=health)
    return _application(door, overload)


def _door(
    settings: GatewaySettings,
    documents: Mapping[str, Document],
    upstreams: Mapping[str, Upstream],
    api_keys: ApiKeys,
    limiter: Limiter,
    *,
    health: GatewayHealth,
) -> FrontDoor:
    found = [route for name, document in documents.items() for route in routes_of(name, document)]
    routes = RouteTable([*found, home.ROUTE])
    proxy = Proxy(upstreams, settings)
    return FrontDoor(
        settings=settings,
        proxies=[ip_network(text) for text in settings.trusted_proxies],
        health=health,
        routes=routes,
        origins=Origins(settings.allowed_origins),
        authenticator=api_keys.authenticator,
        api_keys=api_keys,
        rates=Rates(settings),
        limiter=limiter,
        proxy=proxy,
        home=Home(proxy, routes, seconds=settings.home_seconds),
        sockets=Sockets(upstreams.get(STREAM_SERVICE), settings),
        console=Pages(settings.web_directory / "customer", own_paths=True),
        admin_console=Pages(settings.web_directory / "admin", own_paths=True),
        docs=Pages(settings.web_directory / "docs", own_paths=False),
        references=_references(documents),
    )


def _references(documents: Mapping[str, Document]) -> dict[str, Reference]:
    events = asyncapi.document()
    return {
        "/openapi.json": Reference.of_json(describe(merge(documents))),
        "/admin/openapi.json": Reference.of_json(merge(documents, staff=True)),
        "/asyncapi.json": Reference.of_json(events),
        "/docs/events": Reference.of_page(events_page(events), style=STYLE),
    }


def _direct(door: FrontDoor, overload: Overload) -> Direct:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        """Health is answered always: who is busy is not dead. A socket's life is no request."""
        path = request.raw_path.partition("?")[0]
        if path in HEALTH_PATHS:
            return await door.tell_health(request)
        if path == STREAM_PATH:
            return await door.answer(request)
        with overload:
            return await door.answer(request)

    async def take(request: web.BaseRequest) -> web.StreamResponse:
        request[VISIT] = Visit(door.origins)
        return await account_for(request, answer, door.health, "unmatched")

    return Direct(take, partial(dress, origins=door.origins))


def _application(door: FrontDoor, overload: Overload) -> web.Application:
    """What starts and ends; requests do not pass through it."""
    app = web.Application(
        handler_args={
            "auto_decompress": False,
            # Nobody waits any more: the service's slot and connection go to somebody who does.
            "handler_cancellation": True,
            "max_line_size": _PARSER_BYTES,
            "max_field_size": _PARSER_BYTES,
            "lingering_time": _LINGERING_SECONDS,
        },
    )

    async def close_sockets(_: web.Application) -> None:
        await door.sockets.close_all()

    app[DIRECT] = _direct(door, overload)
    app.on_shutdown.append(close_sockets)
    add_health(app, door.health)
    return app
