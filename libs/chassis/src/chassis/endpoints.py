"""One endpoint at work: who calls, what was sent, the transaction, the answer."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from chassis import idempotency, validation
from chassis.addresses import client_address
from chassis.answers import IfMatch, Reference
from chassis.auth import Authenticator
from chassis.binding import BODY_NAME, RouteError, Signature, Source, read_path
from chassis.bodies import read_body, read_model
from chassis.callers import Caller, ServiceCaller, StaffCaller
from chassis.database import Context, Database
from chassis.door import Door
from chassis.idempotency import KeyRecorder, Replayed
from chassis.internal import InternalVerifier
from chassis.logs import bind_log
from chassis.problems import (
    BadRequest,
    Forbidden,
    PreconditionRequired,
    Unauthorized,
    organization_suspended,
    permission_denied,
)
from chassis.rendering import Rendered, render
from chassis.requests import bearer_token, request_id_of, user_agent_of
from chassis.routes import Access, Route
from chassis.staff import StaffAuthenticator
from contracts.permissions import AdminPermission, Permission

AnyCaller = Caller | StaffCaller | ServiceCaller


@dataclass(frozen=True)
class Parts:
    """What endpoints are wired with."""

    service: str
    provide: Mapping[type, object]
    database: Database | None
    authenticator: Authenticator | None
    internal: InternalVerifier | None
    staff: StaffAuthenticator | None = None


@dataclass
class Call:
    """One request on its way to its handler."""

    request: web.Request
    caller: AnyCaller | None
    arguments: dict[str, Any]
    body: bytes = b""


class Endpoint:
    """A route, checked against what the application has, ready to answer."""

    def __init__(self, route: Route, parts: Parts) -> None:
        self.route = route
        self._parts = parts
        self._signatures = [route.signature] + ([route.rederive] if route.rederive else [])
        self._provided = {
            parameter.name: parts.provide[parameter.annotation]
            for signature in self._signatures
            for parameter in signature.of(Source.PROVIDED)
            if self._checked(parameter.annotation in parts.provide, f"nobody provides a {parameter.annotation}")
        }
        works = any(signature.takes_tx or signature.takes_door for signature in self._signatures)
        self._checked(not works or parts.database is not None, "needs a database")
        if route.access is Access.INTERNAL:
            self._checked(parts.internal is not None, "needs an InternalVerifier")
        elif route.for_staff:
            self._checked(parts.staff is not None, "needs a StaffAuthenticator")
        elif route.access is not Access.PUBLIC:
            self._checked(parts.authenticator is not None, "needs an Authenticator")

    def _checked(self, holds: bool, reason: str) -> bool:
        if not holds:
            raise RouteError(f"{self.route.method} {self.route.path} ({self.route.name}): {reason}")
        return True

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        """Answer one request. Raises Problem."""
        caller = await self._admit(request)
        call = Call(request, caller, dict(self._provided))
        await self._read(call)
        return await self._answer(call)

    async def _admit(self, request: web.Request) -> AnyCaller | None:
        access = self.route.access
        if access is Access.PUBLIC:
            return None
        token = bearer_token(request)
        if access is Access.INTERNAL and self._parts.internal is not None:
            return self._parts.internal.verify(token)
        if self.route.for_staff and self._parts.staff is not None:
            return await self._admit_staff(self._parts.staff, token, request)
        if self._parts.authenticator is None:
            raise Unauthorized("token_invalid", "The token is not one we accept.")
        caller = await self._parts.authenticator.authenticate(token)
        bind_log(org_id=str(caller.org_id) if caller.org_id else None)
        if caller.suspended and not self.route.while_suspended:
            raise organization_suspended()
        if isinstance(access, Permission):
            _require(caller, access)
        elif caller.is_api_key:
            raise Forbidden("person_required", "An API key cannot do this: it is for people who are signed in.")
        return caller

    async def _admit_staff(self, staff: StaffAuthenticator, token: str, request: web.Request) -> StaffCaller:
        caller = await staff.authenticate(token)
        if isinstance(self.route.access, AdminPermission):
            await staff.require(caller, self.route.access, request)
        return caller

    async def _read(self, call: Call) -> None:
        """All arguments but the transaction, cheapest refusals first."""
        takes, request, arguments = self.route.signature, call.request, call.arguments
        for parameter in takes.of(Source.PATH):
            arguments[parameter.name] = read_path(parameter, request.match_info[parameter.name])
        if takes.query or not takes.takes(Source.REQUEST):
            query = validation.read_query(takes.query, request.query)
            arguments |= {parameter.name: query for parameter in takes.of(Source.QUERY)}
        for parameter in takes.of(Source.IF_MATCH):
            arguments[parameter.name] = _if_match(request)
        if takes.body is not None:
            call.body = await read_body(request, self.route.max_body, raw=takes.takes_raw_body)
            arguments[BODY_NAME] = call.body if takes.takes_raw_body else read_model(takes.body, call.body)

    async def _answer(self, call: Call) -> web.StreamResponse:
        recorder = self._recorder(call)
        try:
            answer, door = await self._run(self.route.signature, call, recorder)
        except Replayed as replayed:
            return (await self._replay(call, replayed)).response()
        if isinstance(answer, web.StreamResponse):
            return answer
        if recorder is None or recorder.rendered is None or self.route.idempotent == "rederive":
            return render(self.route, answer).response()
        if door is not None and answer is not door.answer:
            raise TypeError(f"{self.route.name}: return what door.write returned; a replay answers with that")
        return recorder.rendered.response()

    async def _replay(self, call: Call, replayed: Replayed) -> Rendered:
        if self.route.rederive is None:
            return replayed.rendered
        call.arguments["reference"] = replayed.reference or Reference()
        answer, _ = await self._run(self.route.rederive, call, None)
        rendered = render(self.route, answer)
        headers = rendered.headers | {idempotency.REPLAYED_HEADER: "true"}
        return Rendered(rendered.status, headers, rendered.body, rendered.cookies)

    async def _run(self, signature: Signature, call: Call, recorder: KeyRecorder | None) -> tuple[Any, Door | None]:
        arguments = self._arguments(signature, call)
        door = self._door(call, recorder)
        if door is None or not (signature.takes_tx or signature.takes_door):
            return await signature.handler(**arguments), None
        if signature.takes_door:
            arguments[signature.of(Source.DOOR)[0].name] = door
            return await signature.handler(**arguments), door
        name = signature.of(Source.TX)[0].name
        run: Callable[..., Awaitable[Any]] = door.write if self.route.writes else door.read
        return await run(lambda tx: signature.handler(**arguments, **{name: tx})), door

    def _arguments(self, signature: Signature, call: Call) -> dict[str, Any]:
        special = {
            Source.CALLER: call.caller,
            Source.STAFF: call.caller,
            Source.SERVICE: call.caller,
            Source.REQUEST: call.request,
            Source.REFERENCE: call.arguments.get("reference"),
        }
        return {
            parameter.name: special.get(parameter.source, call.arguments.get(parameter.name))
            for parameter in signature.parameters
            if parameter.source not in (Source.TX, Source.DOOR)
        }

    def _door(self, call: Call, recorder: KeyRecorder | None) -> Door | None:
        if self._parts.database is None:
            return None
        return Door(self._parts.database, _context(self._parts.service, call), recorder)

    def _recorder(self, call: Call) -> KeyRecorder | None:
        key = idempotency.key_of(call.request) if self.route.keeps_keys else None
        if key is None:
            return None
        request = call.request
        scope = f"{_who(call)} {request.method} {request.path}"
        conditions = f"{request.query_string}\n{request.headers.get('If-Match', '')}\n".encode()
        digest = hashlib.sha256(conditions).digest()
        return KeyRecorder(self.route, key, scope, digest + call.body)


def _require(caller: Caller, permission: Permission) -> None:
    if caller.mfa_due:
        raise Forbidden(
            "mfa_enrollment_required", "Your organization asks for two-step sign-in first: set it up, or send a code."
        )
    if caller.org_id is None:
        raise Forbidden("organization_required", "This needs an organization: create one or accept an invitation.")
    if permission not in caller.permissions:
        raise permission_denied(permission.value)


def _if_match(request: web.Request) -> IfMatch:
    header = request.headers.get("If-Match")
    if header is None:
        raise PreconditionRequired("if_match_required", "Send If-Match with the ETag you last read.")
    parsed = IfMatch.parse(header)
    if parsed is None:
        raise BadRequest("if_match_invalid", 'If-Match is a list of entity tags, e.g. "3".')
    return parsed


def _who(call: Call) -> str:
    if isinstance(call.caller, Caller):
        return f"user:{call.caller.user_id} in {call.caller.org_id}"
    if call.caller is not None:
        return call.caller.actor
    return f"address:{client_address(call.request)}"


def _context(service: str, call: Call) -> Context:
    caller = call.caller
    customer = caller if isinstance(caller, Caller) else None
    return Context(
        caller.actor if caller else f"system:{service}",
        request_id_of(call.request),
        org_id=customer.org_id if customer else None,
        user_id=customer.user_id if customer else None,
        address=client_address(call.request),
        user_agent=user_agent_of(call.request),
        granted=customer.permissions if customer and customer.is_api_key else None,
    )
