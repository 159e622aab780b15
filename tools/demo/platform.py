"""A client of the public API, as a customer's program would be one: HTTP through the gateway and nothing else."""

import json
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import aiohttp

from demo.failure import DemoFailed
from demo.tracing import traceparent

_TIMEOUT = aiohttp.ClientTimeout(total=30)


@dataclass
class Person:
    """Somebody who is signed in."""

    name: str
    email: str
    token: str
    user_id: str
    organization_id: str | None


class Refused(DemoFailed):
    """The platform answered with a problem. `status` and `code` are the answer's."""

    def __init__(self, method: str, path: str, status: int, problem: dict[str, Any]) -> None:
        self.status = status
        self.code = problem.get("code")
        said = problem.get("detail") or problem.get("title") or "no reason given"
        super().__init__(f"{method} {path} was answered {status} {self.code or ''}: {said}")


class Platform:
    """The gateway at `url`. With a `trace_id` every request belongs to that trace."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.trace_id: str | None = None
        self._http = aiohttp.ClientSession(timeout=_TIMEOUT)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        await self._http.close()

    async def call(self, method: str, path: str, body: Any = None, *, person: Person | None = None) -> Any:
        """One request; returns the decoded answer (None for 204). Raises Refused, or DemoFailed if nobody answers."""
        headers = {"Accept": "application/json"}
        if person is not None:
            headers["Authorization"] = f"Bearer {person.token}"
        if self.trace_id is not None:
            headers["traceparent"] = traceparent(self.trace_id)
        if method != "GET":
            headers["Idempotency-Key"] = str(uuid4())
        try:
            async with self._http.request(method, self.url + path, json=body, headers=headers) as answer:
                content = await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise DemoFailed(
                f"{self.url} does not answer ({error or type(error).__name__}): is `make up` done?"
            ) from None
        decoded = _decoded(content)
        if answer.status >= 400:
            raise Refused(method, path, answer.status, decoded if isinstance(decoded, dict) else {})
        return decoded

    async def register(
        self, name: str, email: str, password: str, *, organization: str | None = None, invitation: str | None = None
    ) -> Person:
        """A new account, with a new organization or by an invitation's token."""
        way = {"organization_name": organization} if organization else {"invitation_token": invitation}
        body = {"name": name, "email": email, "password": password, "client": "api", **way}
        return _person(await self.call("POST", "/v1/auth/register", body))

    async def login(self, email: str, password: str) -> Person:
        """Sign in. Raises Refused with the code `invalid_credentials`."""
        body = {"email": email, "password": password, "client": "api"}
        return _person(await self.call("POST", "/v1/auth/login", body))


def _person(session: dict[str, Any]) -> Person:
    user, organization = session["user"], session["organization"]
    return Person(
        name=user["name"],
        email=user["email"],
        token=session["access_token"],
        user_id=user["id"],
        organization_id=organization["id"] if organization else None,
    )


def _decoded(content: bytes) -> Any:
    if not content:
        return None
    try:
        return json.loads(content)
    except ValueError:
        return None
