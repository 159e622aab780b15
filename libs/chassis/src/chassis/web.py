"""HTTP for services: typed handlers in, an aiohttp application out. Names a service needs are re-exported here."""

import ipaddress
from collections.abc import Mapping, Sequence

from aiohttp import web

from chassis.addresses import TRUSTED_PROXIES, client_address
from chassis.answers import Cursor, IfMatch, Listing, Page, Reference, Reply, cookie
from chassis.auth import Authenticator
from chassis.binding import RouteError
from chassis.callers import Caller, ServiceCaller, StaffCaller
from chassis.database import Context, Database
from chassis.door import Door
from chassis.endpoints import Endpoint, Parts
from chassis.health import HEALTH, Health, add_health
from chassis.internal import InternalVerifier
from chassis.middleware import add_headers, front
from chassis.openapi import openapi_document
from chassis.requests import request_id_of
from chassis.routes import Access, Route, Routes
from chassis.settings import ServiceSettings
from chassis.staff import StaffAuthenticator

__all__ = [
    "HEALTH",
    "Access",
    "Caller",
    "Cursor",
    "Door",
    "Health",
    "IfMatch",
    "Listing",
    "Page",
    "Reference",
    "Reply",
    "Route",
    "RouteError",
    "Routes",
    "ServiceCaller",
    "StaffCaller",
    "client_address",
    "cookie",
    "create_app",
    "openapi_document",
    "request_id_of",
]


def create_app(
    settings: ServiceSettings,
    routes: Sequence[Routes],
    *,
    service: str,
    provide: Mapping[type, object] | None = None,
    database: Database | None = None,
    authenticator: Authenticator | None = None,
    internal: InternalVerifier | None = None,
    staff: StaffAuthenticator | None = None,
) -> web.Application:
    """The application over all routes, with health and a problem for every failure.

    `provide` is what handlers may ask for by type. Raises RouteError for a route that wants what is not there, and
    for two routes of one path and method or of one name.
    """
    parts = Parts(service, provide or {}, database, authenticator, internal, staff)
    app = web.Application(middlewares=[front])
    app[TRUSTED_PROXIES] = [ipaddress.ip_network(text) for text in settings.trusted_proxies]
    app.on_response_prepare.append(add_headers)
    declared = [route for group in routes for route in group.routes]
    _refuse_doubles(declared)
    for route in declared:
        endpoint = Endpoint(route, parts)
        for method in ("GET", "HEAD") if route.method == "GET" else (route.method,):
            app.router.add_route(method, route.path, endpoint.__call__)
    add_health(app, _health(service, database))
    return app


def _health(service: str, database: Database | None) -> Health:
    health = Health()
    if database is not None:

        async def answers() -> None:
            async with database.transaction(Context(f"system:{service}")) as tx:
                await tx.fetchval("SELECT 1")

        health.checks["database"] = answers
    return health


def _refuse_doubles(routes: Sequence[Route]) -> None:
    seen: set[str] = set()
    for route in routes:
        for identity in (f"{route.method} {route.path}", f"operation {route.name}"):
            if identity in seen:
                raise RouteError(f"{identity} is declared twice")
            seen.add(identity)
