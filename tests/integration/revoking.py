"""Rights that somebody has everywhere until a request takes them away, for the test and the bench of revocation."""

from collections.abc import Awaitable, Callable, Iterable
from copy import copy
from dataclasses import dataclass
from typing import Any

import aiohttp

from chassis.internal import InternalSigner
from chassis.testing import eventually
from contracts.api_keys import hash_api_key
from tests.integration.hammer import Door
from tests.integration.person import Person
from tests.integration.platform import Platform
from tests.integration.staff import suspend

PATHS = {
    "teams": "/v1/members",
    "notifier": "/v1/notifications",
    "billing": "/v1/billing/subscription",
    "analytics": "/v1/analytics/overview",
}
"""Of each service that verifies customers' tokens, a read that an admin may do."""
STREAM = "/v1/stream"
LISTENERS = ("gateway", "notifier", "billing", "analytics")
"""Processes that hear of revocations from the bus; teams asks its own database at each request."""
KEY_SCOPE = ["members:read", "notifications:read", "billing:read", "analytics:read"]


@dataclass(frozen=True)
class Right:
    """What somebody shows, at the gateway (`shown`) and as the gateway passes it on (`token`), and how it ends.

    `kind` is the revocation's; `row` names the table, column and id of the row that the ending request commits.
    """

    shown: str
    token: str
    kind: str
    row: tuple[str, str, str]
    end: Callable[[], Awaitable[Any]]

    def doors(self, platform: Platform) -> list[Door]:
        """Every service through the gateway, and each service itself."""
        through = [Door("gateway", platform.gateway_url + path, self.shown) for path in PATHS.values()]
        straight = [Door(name, platform.stack.service_url(name) + path, self.token) for name, path in PATHS.items()]
        return through + straight

    def sockets(self, platform: Platform) -> list[Door]:
        """The stream, through the gateway and at notifier itself."""
        return [
            Door("gateway", platform.gateway_url + STREAM, self.shown),
            Door("notifier", platform.stack.service_url("notifier") + STREAM, self.token),
        ]


@dataclass(frozen=True)
class Team:
    """An organization's owner, and how further people come about."""

    platform: Platform
    http: aiohttp.ClientSession
    owner: Person
    someone: Callable[[str], Person]

    async def admin(self) -> Person:
        """A new member who may read all of `PATHS`."""
        guest = self.someone("Grace Hopper")
        await self.owner.invite(guest, role="admin")
        return await guest.join()


def _membership(guest: Person, end: Callable[[], Awaitable[Any]]) -> Right:
    token = str(guest.access_token)
    return Right(token, token, "membership", ("memberships", "user_id", guest.user["id"]), end)


async def role_change(team: Team) -> Right:
    """An admin becomes a viewer."""
    guest = await team.admin()
    path = f"/v1/members/{guest.user['id']}"
    return _membership(guest, lambda: _ok(team.owner.call("PATCH", path, {"role": "viewer"}, If_Match="*")))


async def removal(team: Team) -> Right:
    """A member is removed."""
    guest = await team.admin()
    return _membership(guest, lambda: _ok(team.owner.call("DELETE", f"/v1/members/{guest.user['id']}"), 204))


async def session(team: Team) -> Right:
    """A device is signed out from another one."""
    guest = await team.admin()
    token = str(guest.access_token)
    devices = (await guest.call("GET", "/v1/auth/sessions")).ok()["items"]
    own = next(device["id"] for device in devices if device["current"])
    elsewhere = await copy(guest).log_in()
    return Right(
        token,
        token,
        "session",
        ("sessions", "id", own),
        lambda: _ok(elsewhere.call("DELETE", f"/v1/auth/sessions/{own}"), 204),
    )


async def api_key(team: Team) -> Right:
    """An API key is revoked."""
    scope = {"name": "Reader", "permissions": KEY_SCOPE}
    key = (await team.owner.call("POST", "/v1/api-keys", scope)).ok(201)
    return Right(
        key["secret"],
        await _exchanged(team, key["secret"]),
        "api_key",
        ("api_keys", "id", key["id"]),
        lambda: _ok(team.owner.call("DELETE", f"/v1/api-keys/{key['id']}"), 204),
    )


async def suspension(team: Team) -> Right:
    """Our staff suspend the organization."""
    token = str((await team.admin()).access_token)
    assert team.owner.organization is not None
    organization = team.owner.organization["id"]
    row = ("organization_standings", "org_id", organization)
    return Right(token, token, "organization", row, lambda: suspend(team.platform, team.http, organization))


ENDINGS = {
    "role change": role_change,
    "removal": removal,
    "session": session,
    "API key": api_key,
    "suspension": suspension,
}
"""What takes a right away -> how somebody comes to one that ends so."""


class Hearing:
    """What each listening process has in its revocation map, by its own word."""

    def __init__(self, platform: Platform, http: aiohttp.ClientSession, kind: str) -> None:
        self._platform = platform
        self._http = http
        self._kind = kind
        self._before: dict[str, float] = {}

    async def begin(self) -> None:
        """Remember how many each has now."""
        self._before = {process: await self._count(process) for process in LISTENERS}

    async def heard(self, process: str) -> None:
        """Return once the process has one more of this kind. Nothing else revokes meanwhile."""

        async def one_more() -> bool:
            return await self._count(process) > self._before[process]

        await eventually(one_more)

    async def _count(self, process: str) -> float:
        port = self._platform.stack.ports[f"{process}_serve_metrics"]
        async with self._http.get(f"http://127.0.0.1:{port}/metrics") as response:
            return _sample((await response.text()).splitlines(), f'revocations_total{{kind="{self._kind}"}}')


def _sample(lines: Iterable[str], name: str) -> float:
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(name)), 0.0)


async def _ok(call: Awaitable[Any], status: int = 200) -> None:
    (await call).ok(status)


async def _exchanged(team: Team, secret: str) -> str:
    """The token that the gateway shows services in a key's place."""
    stack = team.platform.stack
    signer = InternalSigner("gateway", stack.keyring.services["gateway"].signing_key)
    headers = {"Authorization": f"Bearer {signer.token('teams')}"}
    url = f"{stack.service_url('teams')}/internal/v1/api-keys/exchange"
    async with team.http.post(url, json={"hash": hash_api_key(secret).hex()}, headers=headers) as response:
        return str((await response.json())["access_token"])
