"""A wrong declaration fails where it is declared, or where the application is built: never at a request."""

from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel

from chassis.database import Tx
from chassis.settings import ServiceSettings
from chassis.testing import TestIssuer
from chassis.web import Access, Caller, Door, RouteError, Routes, ServiceCaller, create_app
from contracts.permissions import Permission


class Thing(BaseModel):
    version: int = 1


class Missing:
    pass


def declare(handler: Any, path: str = "/x", method: str = "post", **options: Any) -> Routes:
    routes = Routes("x")
    getattr(routes, method)(path, **({"access": Access.PUBLIC, "summary": "x"} | options))(handler)
    return routes


async def unannotated(body) -> None: ...  # type: ignore[no-untyped-def]
async def no_answer(body: Thing): ...  # type: ignore[no-untyped-def]
def not_async(body: Thing) -> None: ...
async def odd_path(number: float) -> None: ...
async def unbindable(whatever: str) -> None: ...
async def takes_caller(caller: Caller) -> None: ...
async def takes_service(service: ServiceCaller) -> None: ...
async def takes_body(body: Thing) -> None: ...
async def takes_both(tx: Tx, door: Door) -> None: ...
async def takes_tx(tx: Tx) -> None: ...
async def takes_missing(missing: Missing) -> None: ...
async def takes_query(query: dict[str, str]) -> None: ...
async def answers_text() -> str: ...  # type: ignore[empty-body]
async def plain() -> None: ...
async def reads(thing_id: UUID) -> Thing: ...  # type: ignore[empty-body]


@pytest.mark.parametrize(
    ("handler", "options", "reason"),
    [
        (unannotated, {}, "body is not annotated"),
        (no_answer, {}, "return is not annotated"),
        (not_async, {}, "async function"),
        (odd_path, {"path": "/x/{number}"}, "UUID, int or str"),
        (plain, {"path": "/x/{number}"}, "does not take them"),
        (unbindable, {}, "nothing provides whatever"),
        (takes_caller, {}, "brings none"),
        (takes_service, {}, "not internal"),
        (takes_body, {"method": "get"}, "a read takes no body"),
        (takes_both, {}, "one of the two"),
        (takes_query, {}, "query must be"),
        (answers_text, {}, "cannot answer with"),
        (plain, {"summary": ""}, "needs a summary"),
        (plain, {"access": "anyone"}, "access must be"),
        (plain, {"idempotent": "rederive"}, "need each other"),
        (plain, {"idempotent": "rederive", "rederive": takes_body}, "takes what the handler does not"),
    ],
)
def test_refused_when_declared(handler: Any, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(RouteError, match=reason):
        declare(handler, **options)


def test_access_must_be_declared() -> None:
    with pytest.raises(TypeError, match="access"):
        Routes("x").get("/x", summary="x")(plain)


@pytest.mark.parametrize(
    ("handler", "options", "reason"),
    [
        (takes_tx, {}, "needs a database"),
        (takes_missing, {}, "nobody provides"),
        (plain, {"access": Access.INTERNAL}, "needs an InternalVerifier"),
        (plain, {"access": Permission.MEMBERS_READ}, "needs an Authenticator"),
    ],
)
async def test_refused_when_built(handler: Any, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(RouteError, match=reason):
        create_app(ServiceSettings(), [declare(handler, **options)], service="x")


async def test_doubles_are_refused() -> None:
    for other in (declare(plain), declare(plain, path="/y")):
        with pytest.raises(RouteError, match="twice"):
            create_app(ServiceSettings(), [declare(plain), other], service="x")


async def test_a_good_one_is_built() -> None:
    routes = declare(reads, path="/x/{thing_id}", method="get", access=Permission.MEMBERS_READ)
    create_app(ServiceSettings(), [routes], service="x", authenticator=TestIssuer().authenticator())
