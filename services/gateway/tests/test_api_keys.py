"""API keys become tokens at the gateway: over a real broker, with a real service behind."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest_asyncio
from aiohttp import web

from chassis.topology import Topology, apply
from contracts.api_keys import hash_api_key, new_api_key
from contracts.teams import MemberRoleChangedV1
from contracts.teams.rights import ApiKeyRevokedV1, RoleUpdatedV1, ServiceAccountUpdatedV1

from .echo import ECHO, echo_service, seen
from .parts import Gateway, Teams, eventually
from .test_revocation import is_ready, publish

ORG, ADA, ROLE, ACCOUNT = uuid4(), uuid4(), uuid4(), uuid4()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def broker_url(broker: Any) -> str:
    await apply(Topology("teams"), bus_url=broker.url, management_url=broker.management_url)
    return str(broker.url)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gateway(
    serve_app: Callable[[web.Application], Awaitable[str]],
    start_gateway: Callable[..., Awaitable[Gateway]],
    broker_url: str,
) -> Gateway:
    gateway = await start_gateway({"echo": (await serve_app(echo_service()), ECHO)}, rabbitmq_url=broker_url)
    await eventually(lambda: is_ready(gateway))
    return gateway


def key_token(teams: Teams, **changes: Any) -> str:
    key = changes.pop("key_id", None) or uuid4()
    claims = {"sub": key, "sid": key, "org": ORG, "role": None, "kind": "api_key", "behind": ADA, "permissions": ("x",)}
    return teams.token(**(claims | changes))


def known_key(teams: Teams, **changes: Any) -> str:
    secret = new_api_key()
    teams.keys[hash_api_key(secret).hex()] = key_token(teams, **changes)
    return secret


def shown(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


async def test_the_service_sees_a_token_in_the_keys_place(gateway: Gateway, teams: Teams) -> None:
    secret = known_key(teams)
    answer = await gateway.get("/v1/echo-mine", headers=shown(secret))
    assert answer.status == 200
    assert seen(answer)["authorization"] == [f"Bearer {teams.keys[hash_api_key(secret).hex()]}"]
    assert secret not in answer.body.decode()


async def test_a_key_is_exchanged_once_however_many_requests_show_it(gateway: Gateway, teams: Teams) -> None:
    secret, before = known_key(teams), teams.exchanged
    answers = await asyncio.gather(*(gateway.get("/v1/echo-mine", headers=shown(secret)) for _ in range(20)))
    assert {answer.status for answer in answers} == {200}
    assert teams.exchanged - before == 1


async def test_a_mistyped_key_is_refused_without_asking(gateway: Gateway, teams: Teams) -> None:
    secret, before = new_api_key(), teams.exchanged
    wrong = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    for text in (wrong, "obk_", secret + "0"):
        answer = await gateway.get("/v1/echo-mine", headers=shown(text))
        assert (answer.status, answer.code) == (401, "api_key_invalid")
    assert teams.exchanged == before


async def test_an_unknown_key_is_asked_for_once_in_a_while(gateway: Gateway, teams: Teams) -> None:
    secret, before = new_api_key(), teams.exchanged
    for _ in range(5):
        answer = await gateway.get("/v1/echo-mine", headers=shown(secret))
        assert (answer.status, answer.code) == (401, "api_key_invalid")
    assert teams.exchanged - before == 1


async def test_while_teams_is_away_known_keys_go_on_and_others_wait(gateway: Gateway, teams: Teams) -> None:
    known, other = known_key(teams), known_key(teams)
    assert (await gateway.get("/v1/echo-mine", headers=shown(known))).status == 200
    teams.away = True
    try:
        assert (await gateway.get("/v1/echo-mine", headers=shown(known))).status == 200
        refused = await gateway.get("/v1/echo-mine", headers=shown(other))
        assert (refused.status, refused.code) == (503, "authentication_unavailable")
        assert refused.headers["Retry-After"] == "2"
    finally:
        teams.away = False
    assert (await gateway.get("/v1/echo-mine", headers=shown(other))).status == 200


async def test_a_key_never_reaches_a_service_that_asks_for_no_token(gateway: Gateway, teams: Teams) -> None:
    secret = known_key(teams)
    answer = await gateway.get("/v1/echo", headers=shown(secret))
    assert answer.status == 200
    assert "authorization" not in seen(answer)


async def test_a_token_near_its_end_is_exchanged_anew(gateway: Gateway, teams: Teams) -> None:
    secret, before = known_key(teams, exp=int(time.time()) + 1), teams.exchanged
    assert (await gateway.get("/v1/echo-mine", headers=shown(secret))).status == 200
    teams.keys[hash_api_key(secret).hex()] = key_token(teams)
    assert (await gateway.get("/v1/echo-mine", headers=shown(secret))).status == 200
    assert teams.exchanged - before == 2


async def ended_within_a_second(gateway: Gateway, secret: str) -> None:
    async def refused() -> bool:
        return (await gateway.get("/v1/echo-mine", headers=shown(secret))).status == 401

    await eventually(refused, seconds=1)


async def test_a_revoked_key_is_refused_within_a_second(gateway: Gateway, teams: Teams, broker_url: str) -> None:
    key_id = uuid4()
    secret = known_key(teams, key_id=key_id)
    assert (await gateway.get("/v1/echo-mine", headers=shown(secret))).status == 200
    del teams.keys[hash_api_key(secret).hex()]
    event = ApiKeyRevokedV1(
        api_key_id=key_id,
        organization_id=ORG,
        name="Import",
        permissions=("x",),
        created_by=ADA,
        service_account_id=None,
        expires_at=None,
        revoked_at=datetime.now(UTC),
        reason="revoked",
    )
    await publish(broker_url, event)
    await ended_within_a_second(gateway, secret)


async def test_a_stopped_service_account_is_refused_within_a_second(
    gateway: Gateway, teams: Teams, broker_url: str
) -> None:
    secret = known_key(teams, account=ACCOUNT)
    assert (await gateway.get("/v1/echo-mine", headers=shown(secret))).status == 200
    del teams.keys[hash_api_key(secret).hex()]
    event = ServiceAccountUpdatedV1(
        service_account_id=ACCOUNT,
        organization_id=ORG,
        name="Agent",
        role="member",
        role_name=None,
        delegated_by=ADA,
        state="disabled",
        tokens_not_before=datetime.now(UTC),
    )
    await publish(broker_url, event)
    await ended_within_a_second(gateway, secret)


async def exchanged_anew(gateway: Gateway, teams: Teams, secret: str) -> str:
    """The token that the service sees once the kept one was dropped."""
    fresh = key_token(teams, iat=time.time() + 1)
    teams.keys[hash_api_key(secret).hex()] = fresh

    async def is_fresh() -> bool:
        answer = await gateway.get("/v1/echo-mine", headers=shown(secret))
        assert answer.status == 200
        return seen(answer)["authorization"] == [f"Bearer {fresh}"]

    await eventually(is_fresh, seconds=1)
    return fresh


async def test_an_edited_role_behind_a_key_has_it_exchanged_anew(
    gateway: Gateway, teams: Teams, broker_url: str
) -> None:
    secret = known_key(teams, roles=(ROLE,))
    assert (await gateway.get("/v1/echo-mine", headers=shown(secret))).status == 200
    event = RoleUpdatedV1(
        role_id=ROLE,
        organization_id=ORG,
        name="Builder",
        description="",
        permissions=(),
        tokens_not_before=datetime.now(UTC),
    )
    await publish(broker_url, event)
    assert await exchanged_anew(gateway, teams, secret)


async def test_a_demoted_creators_key_is_exchanged_anew(gateway: Gateway, teams: Teams, broker_url: str) -> None:
    behind = uuid4()
    secret = known_key(teams, behind=behind)
    assert (await gateway.get("/v1/echo-mine", headers=shown(secret))).status == 200
    await publish(broker_url, role_changed(behind))
    assert await exchanged_anew(gateway, teams, secret)


def role_changed(user_id: UUID) -> MemberRoleChangedV1:
    now = datetime.now(UTC)
    return MemberRoleChangedV1(
        membership_id=uuid4(),
        organization_id=ORG,
        user_id=user_id,
        email="ada@example.com",
        name="Ada",
        role="viewer",
        state="active",
        invited_by=None,
        joined_at=now,
        changed_by=ADA,
        changed_at=now,
    )
