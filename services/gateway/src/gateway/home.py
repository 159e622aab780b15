"""`GET /v1/home`: what the console's first page needs, asked of the services at once with the caller's own token.

A part that does not come in time, or that the caller may not see, is a gap with a name; the page has the others.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from chassis.problems import Problem
from gateway.failures import ServiceTimeout
from gateway.headers import Fields, deadline, to_client
from gateway.proxy import Forwarded, Proxy
from gateway.routes import Document, Route, RouteTable
from gateway.shaping import shaped

HOME_PATH = "/v1/home"
PARTS: Final[Mapping[str, str]] = {
    "me": "/v1/me",
    "members": "/v1/members/count",
    "notifications": "/v1/notifications/unread-count",
    "subscription": "/v1/billing/subscription",
    "overview": "/v1/analytics/overview",
}
ROUTE: Final = Route(service="gateway", method="GET", template=HOME_PATH, needs_token=True)
_PASSED = frozenset(
    {
        b"accept-language",
        b"authorization",
        b"traceparent",
        b"tracestate",
        b"user-agent",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-proto",
        b"x-request-id",
    }
)


@dataclass(frozen=True, slots=True)
class Gap:
    """A part that is not there: the status and code a request for it alone would have got."""

    part: str
    status: int
    code: str


class Home:
    """Asks all parts in parallel; `seconds` is how long the slowest is waited for."""

    def __init__(self, proxy: Proxy, routes: RouteTable, *, seconds: float) -> None:
        self._proxy = proxy
        self._routes = routes
        self._seconds = seconds

    async def answer(self, request: web.BaseRequest, fields: Fields) -> web.StreamResponse:
        """200 with what came, never the failure of one part."""
        passed = [field for field in fields if field[0].lower() in _PASSED]
        passed.append(deadline(self._seconds))
        found = await asyncio.gather(*(self._ask(part, path, passed) for part, path in PARTS.items()))
        gaps = [{"part": one.part, "status": one.status, "code": one.code} for one in found if isinstance(one, Gap)]
        members = [
            b'"%b":%b' % (part.encode(), b"null" if isinstance(one, Gap) else one)
            for part, one in zip(PARTS, found, strict=True)
        ]
        body = b"{%b}" % b",".join([*members, b'"gaps":' + json.dumps(gaps).encode()])
        return shaped(request, 200, to_client([(b"Content-Type", b"application/json")]), body)

    async def _ask(self, part: str, path: str, fields: Fields) -> bytes | Gap:
        try:
            route = self._routes.match("GET", path)
            async with asyncio.timeout(self._seconds):
                status, body = await self._proxy.fetch(route.service, Forwarded("GET", path, fields, max_body=0))
        except TimeoutError:
            return Gap(part, ServiceTimeout.status, "service_timeout")
        except Problem as problem:
            return Gap(part, problem.status, problem.code)
        return body if status == 200 else Gap(part, status, _code_of(body))


def _code_of(problem: bytes) -> str:
    try:
        return str(json.loads(problem)["code"])
    except (ValueError, KeyError, TypeError):
        return "service_error"


def describe(document: dict[str, Any]) -> dict[str, Any]:
    """The merged document with the operation in it, its parts as the services describe them."""
    paths = document["paths"]
    shown = {part: path for part, path in PARTS.items() if "get" in paths.get(path, {})}
    if not shown:
        return document
    example: Document = paths[next(iter(shown.values()))]["get"]
    parts = {part: {"anyOf": [_schema(paths[path]["get"]), {"type": "null"}]} for part, path in shown.items()}
    document["components"].setdefault("schemas", {})["Home"] = {
        "type": "object",
        "required": [*parts, "gaps"],
        "properties": {**parts, "gaps": {"type": "array", "items": _GAP}},
    }
    refusals = {code: what for code, what in example["responses"].items() if code in ("401", "500", "503")}
    security = example.get("security", [])
    paths[HOME_PATH] = {"get": {**_OPERATION, "security": security, "responses": {**_DONE, **refusals}}}
    return document


def _schema(operation: Document) -> Any:
    return operation["responses"]["200"].get("content", {}).get("application/json", {}).get("schema", {})


_GAP: Final = {
    "type": "object",
    "required": ["part", "status", "code"],
    "properties": {"part": {"enum": [*PARTS]}, "status": {"type": "integer"}, "code": {"type": "string"}},
}
_OPERATION: Final = {
    "operationId": "get_home",
    "summary": "What a first page needs, in one request",
    "description": "A part that is away or that you may not see is null, and `gaps` says why.",
    "tags": ["home"],
    "x-access": "signed_in",
}
_DONE: Final = {
    "200": {
        "description": "OK",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Home"}}},
    }
}
