"""Once a revocation has reached a process, that process serves no request with the old right, and its sockets close.

Everybody asks without pause: every service through the gateway and at its own port. From the moment a process's own
metric says that the revocation is in its map, each request that is sent to it is counted: none may be served. teams has
no map: it asks its database, so for it the moment is the answer to whoever took the right away.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from chassis.testing import eventually
from tests.integration.hammer import Hammer
from tests.integration.revoking import ENDINGS, LISTENERS, PATHS, Hearing, Right, Team

REFUSED = {"token_revoked", "api_key_invalid"}
BEFORE, AFTER = 10, 40
"""Requests of each door that are counted, at least."""


@pytest.fixture
async def team(platform, http, person) -> Team:
    """Its owner's subscription is there: every door has something to answer."""
    ada = await person("Ada Lovelace").register(organization_name="Analytical Engines")

    async def subscribed() -> bool:
        return (await ada.call("GET", PATHS["billing"])).status == 200

    await eventually(subscribed)
    return Team(platform, http, ada, person)


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
async def test_no_request_is_served_once_the_process_knows(
    team: Team, ending: Callable[[Team], Awaitable[Right]]
) -> None:
    right = await ending(team)
    hearing = Hearing(team.platform, team.http, right.kind)
    await hearing.begin()
    ticket = await ticket_of(team, right)
    async with Hammer(team.http, right.doors(team.platform), right.sockets(team.platform)) as hammer:
        await hammer.asked(BEFORE)
        begun = time.time()
        await right.end()
        known = {"teams": time.time()}
        for process in LISTENERS:
            await hearing.heard(process)
            known[process] = time.time()
        await hammer.asked(AFTER, since=known)
        await hammer.ended()
    check_answers(hammer, begun, known)
    assert {(one.close_code, one.reason) for one in hammer.endings.values()} == {(1008, "revoked")}
    await no_socket_opens_any_more(team, right, ticket)


def check_answers(hammer: Hammer, begun: float, known: dict[str, float]) -> None:
    """Everything was served before, nothing afterwards."""
    for door, answers in hammer.answers.items():
        assert {one.status for one in answers if one.answered < begun} == {200}, door
        late = hammer.after(door, known[door.process])
        assert len(late) >= AFTER
        assert [one for one in late if one.status < 400] == [], f"served after the revocation: {door}"
        assert {one.code for one in late} <= REFUSED, door


async def ticket_of(team: Team, right: Right) -> str:
    """A ticket for the stream from while the right held."""
    headers = {"Authorization": f"Bearer {right.shown}"}
    async with team.http.post(f"{team.platform.gateway_url}/v1/stream/ticket", headers=headers) as answer:
        found: dict[str, Any] = await answer.json()
        return str(found["ticket"])


async def no_socket_opens_any_more(team: Team, right: Right, ticket: str) -> None:
    """Neither by the old token nor by a ticket that was had for it."""
    doors = right.sockets(team.platform)
    tries: list[tuple[str, dict[str, str]]] = [(door.url, door.headers) for door in doors]
    tries.append((f"{doors[0].url}?ticket={ticket}", {}))
    for url, headers in tries:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await team.http.ws_connect(url, headers=headers)
        assert refused.value.status == 401, url
