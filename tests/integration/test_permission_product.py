"""Role x permission x whose organization, through the gateway against the real services.

One organization with one member a role. Every endpoint of `permission_expectations.py` is tried by each of them, by a
custom role, by API keys, by somebody who was removed and by a stranger; and by all of them once more after our staff
suspended the organization. Bodies are no JSON, deliberately: so nothing happens where a caller is let in.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from contracts.permissions import ROLE_PERMISSIONS, SERVICE_ACCOUNT_PERMISSIONS, Role
from tests.integration.permission_expectations import EXPECTED, PUBLIC, SIGNED_IN, WHILE_SUSPENDED
from tests.integration.person import Person
from tests.integration.platform import Platform
from tests.integration.revoking import LISTENERS, Hearing
from tests.integration.staff import suspend

CUSTOM_ROLE = "custom role"
CUSTOM = ["invitations:read", "members:read", "organization:read", "roles:read"]
KEY_SCOPE = ["events:write", "members:read"]
NO_BODY = "{"
LEAVE = ("POST", "/v1/organization/leave")
"""Needs no body, so a person who tries it is gone; teams' own tests let somebody go."""
AT_ONCE = 8

Endpoint = tuple[str, str]


@dataclass
class Caller:
    """Somebody who calls: by which bearer token, and with which permissions. A key is no person."""

    name: str
    token: str
    permissions: frozenset[str]
    person: bool = True


@dataclass
class World:
    """The callers, and the ids of what stands in their organization."""

    gateway: str
    http: aiohttp.ClientSession
    callers: list[Caller]
    people: dict[str, Person]
    owner: Person
    custom: Person
    stranger: Person
    removed: Person
    dead_key: str
    ids: dict[str, str] = field(default_factory=dict)

    async def billing_manager(self) -> Caller:
        """Whoever had the custom role: Free has five seats, and there are six roles to try."""
        path = f"/v1/members/{self.custom.user['id']}"
        (await self.owner.call("PATCH", path, {"role": Role.BILLING_MANAGER}, If_Match="*")).ok()
        await self.custom.log_in()
        held = frozenset(ROLE_PERMISSIONS[Role.BILLING_MANAGER])
        self.people[Role.BILLING_MANAGER] = self.people.pop(CUSTOM_ROLE)
        return Caller(Role.BILLING_MANAGER, str(self.custom.access_token), held)

    async def ask(self, token: str, endpoint: Endpoint, ids: dict[str, str], body: str = NO_BODY) -> tuple[int, str]:
        """Status and problem code of one request."""
        method, template = endpoint
        path = template
        while "{" in path:
            name = path.partition("{")[2].partition("}")[0]
            path = path.replace("{" + name + "}", ids.get(name) or str(uuid4()))
        headers = {"Authorization": f"Bearer {token}", "If-Match": "*"}
        sends = method in ("POST", "PUT", "PATCH")
        if sends:
            headers["Content-Type"] = "application/json"
        async with self.http.request(
            method, self.gateway + path, data=body if sends else None, headers=headers, allow_redirects=False
        ) as response:
            problem = "problem" in response.content_type
            return response.status, str((await response.json(content_type=None))["code"]) if problem else ""


def endpoints() -> list[Endpoint]:
    """Those somebody must be signed in for; writes that need neither id nor body come last, for they happen."""
    found = [one for one, access in EXPECTED.items() if access != PUBLIC]
    return sorted(found, key=lambda one: (one[0] in ("POST", "PUT", "DELETE") and "{" not in one[1], one[1]))


async def hire(owner: Person, someone: Any, role: str) -> Person:
    guest: Person = someone(f"{role.replace('_', ' ').title()} Person")
    await owner.invite(guest, role)
    return await guest.join()


@pytest.fixture
async def world(person: Any, http: aiohttp.ClientSession) -> World:
    owner: Person = await person("Olivia Owner").register(organization_name="Product of Permissions")
    removed = await hire(owner, person, "admin")
    dead_key = (await removed.call("POST", "/v1/api-keys", {"name": "Dead", "permissions": KEY_SCOPE})).ok(201)
    members = {Role.OWNER: owner}
    role = (await owner.call("POST", "/v1/roles", {"name": "Recruiter", "permissions": CUSTOM})).ok(201)
    custom = await hire(owner, person, role["id"])
    callers = [Caller(CUSTOM_ROLE, str(custom.access_token), frozenset(CUSTOM))]
    (await owner.call("DELETE", f"/v1/members/{removed.user['id']}")).ok(204)
    for built_in in (Role.VIEWER, Role.MEMBER, Role.ADMIN):
        members[built_in] = await hire(owner, person, built_in)
    key = (await owner.call("POST", "/v1/api-keys", {"name": "Key", "permissions": KEY_SCOPE})).ok(201)
    account = (await owner.call("POST", "/v1/service-accounts", {"name": "Agent", "role": "member"})).ok(201)
    agent = (await owner.call("POST", "/v1/api-keys", {"name": "A", "service_account_id": account["id"]})).ok(201)
    of_agent = frozenset(ROLE_PERMISSIONS[Role.MEMBER] | SERVICE_ACCOUNT_PERMISSIONS)
    callers += [
        Caller("API key", key["secret"], frozenset(KEY_SCOPE), person=False),
        Caller("service account", agent["secret"], of_agent, person=False),
        *(Caller(role, str(who.access_token), frozenset(ROLE_PERMISSIONS[role])) for role, who in members.items()),
    ]
    ids = {
        "user_id": members[Role.MEMBER].user["id"],
        "role_id": role["id"],
        "key_id": key["id"],
        "account_id": account["id"],
    }
    stranger = await person("Sam Stranger").register(organization_name="Another Organization")
    people = {CUSTOM_ROLE: custom, **members}
    return World(owner.gateway, http, callers, people, owner, custom, stranger, removed, dead_key["secret"], ids)


def wrong(caller: Caller, endpoint: Endpoint, status: int, code: str) -> str | None:
    """What is not as the matrix says; None if all is well."""
    access = EXPECTED[endpoint]
    if access == SIGNED_IN:
        right = status != 401 and (code == "person_required") == (not caller.person)
    else:
        right = status != 401 and (code == "permission_denied") == (access not in caller.permissions)
    return None if right and status < 500 else f"{caller.name}: {' '.join(endpoint)} ({access}): {status} {code}"


async def in_parts(tasks: Iterable[Any]) -> list[Any]:
    """All of them, eight at once."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(task: Any) -> Any:
        async with gate:
            return await task

    return await asyncio.gather(*(one(task) for task in tasks))


async def test_everybody_reaches_exactly_what_the_matrix_grants(world: World, platform: Platform) -> None:
    for caller in world.callers:
        await reaches_what_the_matrix_grants(world, caller)
    await only_agents_report_runs(world)
    world.callers.append(await world.billing_manager())
    await reaches_what_the_matrix_grants(world, world.callers[-1])
    assert {caller.name for caller in world.callers} >= set(Role)
    await is_nobody_any_more(world)
    await finds_nothing_of_another_organization(world)
    await is_suspended(world, platform)


async def reaches_what_the_matrix_grants(world: World, caller: Caller) -> None:
    async def try_one(endpoint: Endpoint) -> str | None:
        return wrong(caller, endpoint, *await world.ask(caller.token, endpoint, {}))

    tried = [endpoint for endpoint in endpoints() if endpoint != LEAVE or not caller.person]
    findings = await in_parts(try_one(endpoint) for endpoint in tried)
    assert [finding for finding in findings if finding] == []


async def only_agents_report_runs(world: World) -> None:
    """Whoever may send events may send those about agents only with a service account's permission."""
    body = '{"events": [{"name": "agent.run_completed"}]}'
    for caller in world.callers:
        status, code = await world.ask(caller.token, ("POST", "/v1/events"), {}, body)
        allowed = {"events:write", "agent_events:write"} <= caller.permissions
        assert (status, code) == ((202, "") if allowed else (403, "permission_denied")), caller.name


async def is_nobody_any_more(world: World) -> None:
    """The removed member's token, and the key they made, open nothing at all."""
    tried = [(str(world.removed.access_token), "token_revoked"), (world.dead_key, "api_key_invalid")]
    for token, code in tried:
        answers = await in_parts(world.ask(token, endpoint, world.ids) for endpoint in endpoints())
        assert set(answers) == {(401, code)}


async def is_suspended(world: World, platform: Platform) -> None:
    """Old tokens are over. New ones, and keys, open what is written down for it, to whom it was open before."""
    assert world.owner.organization is not None
    hearing = Hearing(platform, world.http, "organization")
    await hearing.begin()
    await suspend(platform, world.http, world.owner.organization["id"])
    for process in LISTENERS:
        await hearing.heard(process)
    old = [caller for caller in world.callers if caller.name in world.people]
    for caller in old:
        answers = await in_parts(world.ask(caller.token, endpoint, {}) for endpoint in endpoints())
        assert set(answers) == {(401, "token_revoked")}, caller.name
        caller.token = str((await world.people[caller.name].log_in()).access_token)
    callers = [caller for caller in world.callers if caller.name != CUSTOM_ROLE]
    assert {caller.name for caller in callers} >= {*Role, "API key", "service account"}
    for caller in callers:
        await reaches_what_a_suspended_organization_has(world, caller)


async def reaches_what_a_suspended_organization_has(world: World, caller: Caller) -> None:
    async def try_one(endpoint: Endpoint) -> str | None:
        status, code = await world.ask(caller.token, endpoint, {})
        if endpoint in WHILE_SUSPENDED:
            return wrong(caller, endpoint, status, code)
        right = (status, code) == (403, "organization_suspended")
        return None if right else f"{caller.name}: {' '.join(endpoint)} while suspended: {status} {code}"

    findings = await in_parts(try_one(endpoint) for endpoint in endpoints())
    assert [finding for finding in findings if finding] == []


BODIES = {
    ("PATCH", "/v1/members/{user_id}"): '{"role": "viewer"}',
    ("PATCH", "/v1/roles/{role_id}"): '{"name": "Mine"}',
    ("POST", "/v1/roles/{role_id}/dry-run"): '{"permissions": []}',
    ("POST", "/v1/api-keys/{key_id}/rotate"): "{}",
    ("PATCH", "/v1/service-accounts/{account_id}"): '{"state": "disabled"}',
}


async def finds_nothing_of_another_organization(world: World) -> None:
    """With the true ids in hand an owner of another organization gets what they would get for invented ones."""
    token = str(world.stranger.access_token)
    for endpoint in (one for one in endpoints() if "{" in one[1]):
        foreign = await world.ask(token, endpoint, world.ids, BODIES.get(endpoint, NO_BODY))
        invented = await world.ask(token, endpoint, {}, BODIES.get(endpoint, NO_BODY))
        assert foreign == invented, endpoint
        named = endpoint[1].partition("{")[2].partition("}")[0] in world.ids
        assert foreign[0] == 404 or not named, (endpoint, foreign)
    for method, path in (one for one in endpoints() if one[0] == "GET" and "{" not in one[1]):
        answer = await world.stranger.call(method, path)
        assert not any(own in str(answer.body) for own in world.ids.values()), path


async def test_nobody_without_a_token_reaches_anything(person: Any) -> None:
    nobody = person("Nobody")
    for method, template in endpoints():
        path = template.replace("{", "").replace("}", "")
        answer = await nobody.call(method, path, None)
        assert answer.status == 401, (method, path, answer.body)
