"""From what a handler returns, or a refusal, to the bytes of an answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import web
from pydantic import BaseModel

from chassis.answers import Reply
from chassis.problems import Problem
from chassis.routes import Route

PROBLEM_TYPES = "https://objectalabs.dev/problems/"
JSON = "application/json"
PROBLEM_JSON = "application/problem+json"


@dataclass(frozen=True)
class Rendered:
    """An answer as bytes: what is sent, and what an idempotency key keeps."""

    status: int
    headers: dict[str, str]
    body: bytes | None
    cookies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    reference: Mapping[str, Any] | None = None

    def response(self) -> web.Response:
        """A fresh response of it."""
        response = web.Response(status=self.status, headers=self.headers, body=self.body)
        for name, attributes in self.cookies.items():
            _set_cookie(response, name, dict(attributes))
        return response


def _set_cookie(response: web.Response, name: str, attributes: dict[str, Any]) -> None:
    value = attributes.pop("value")
    if not value:
        attributes["max_age"] = 0
    response.set_cookie(name, value, **attributes)


def render(route: Route, answer: Any) -> Rendered:
    """A handler's answer as bytes. Raises TypeError for what its annotations did not promise."""
    reply = answer if isinstance(answer, Reply) else Reply(answer)
    body = reply.body
    if body is None:
        status = reply.status or (204 if route.status == 200 else route.status)
        return Rendered(status, dict(reply.headers), None, reply.cookies, reply.reference)
    if not isinstance(body, BaseModel):
        raise TypeError(f"{route.name} returned {type(body).__name__}, not a model")
    headers = {"Content-Type": JSON} | dict(reply.headers)
    version = getattr(body, "version", None)
    if isinstance(version, int) and not isinstance(version, bool):
        headers.setdefault("ETag", f'"{version}"')
    content = body.model_dump_json().encode()
    return Rendered(reply.status or route.status, headers, content, reply.cookies, reply.reference)


def problem_response(problem: Problem, request_id: str) -> web.Response:
    """application/problem+json (RFC 9457) with the stable code, the wrong fields and the request id."""
    document: dict[str, Any] = {
        "type": PROBLEM_TYPES + problem.code,
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        "request_id": request_id,
    }
    if problem.permission is not None:
        document["permission"] = problem.permission
    if problem.fields:
        document["errors"] = [
            {"pointer": one.pointer, "code": one.code, "detail": one.detail} for one in problem.fields
        ]
    body = orjson.dumps(document)
    return web.Response(status=problem.status, headers=problem.headers, body=body, content_type=PROBLEM_JSON)
