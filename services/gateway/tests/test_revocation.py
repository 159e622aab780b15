"""Revocations through a real RabbitMQ end tokens that the gateway has already verified, within a second."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import aio_pika
import pytest_asyncio
from aiohttp import web

from chassis.outbox import EVENTS_EXCHANGE
from chassis.topology import Topology, apply
from contracts.envelope import CONTENT_TYPE, Envelope
from contracts.event import EventData
from contracts.teams import MemberRemovedV1, SessionRevokedV1
from local_stack.engines import Engines

from .parts import Gateway, Teams, document, eventually, operation

Publish = Callable[[EventData], Awaitable[None]]


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
    async def mine(_: web.Request) -> web.Response:
        return web.json_response({})

    app = web.Application()
    app.router.add_get("/v1/mine", mine)
    paths = {"/v1/mine": {"get": operation(token=True)}}
    gateway = await start_gateway({"mine": (await serve_app(app), document(paths))}, rabbitmq_url=broker_url)
    await eventually(lambda: is_ready(gateway))
    return gateway


async def is_ready(gateway: Gateway) -> bool:
    return (await gateway.get("/health/ready")).status == 200


async def is_heard(gateway: Gateway) -> bool:
    parts = (await gateway.get("/health/ready")).json["parts"]
    return bool(parts["revocations"] == "ok")


async def publish(url: str, event: EventData) -> None:
    envelope = Envelope.around(
        event, id=uuid4(), source="teams", time=datetime.now(UTC), sequence=1, actor="system:teams", correlationid="t"
    )
    connection = await aio_pika.connect(url)
    async with connection, connection.channel() as channel:
        exchange = await channel.get_exchange(EVENTS_EXCHANGE)
        message = aio_pika.Message(
            envelope.to_json(), content_type=CONTENT_TYPE, message_id=str(envelope.id), type=event.type
        )
        await exchange.publish(message, event.type)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def code_of(gateway: Gateway, token: str) -> str:
    answer = await gateway.get("/v1/mine", headers=bearer(token))
    return "ok" if answer.status == 200 else answer.code


def session_revoked(session: UUID) -> SessionRevokedV1:
    return SessionRevokedV1(session_id=session, user_id=uuid4(), revoked_at=datetime.now(UTC), reason="logout")


async def test_while_it_hears_the_bus_teams_is_not_asked(gateway: Gateway, teams: Teams) -> None:
    asked = teams.asked
    assert await code_of(gateway, teams.token()) == "ok"
    assert teams.asked == asked


async def test_a_session_that_ended_is_refused_within_a_second(gateway: Gateway, teams: Teams, broker_url: str) -> None:
    session = uuid4()
    token, other = teams.token(sid=session), teams.token()
    assert await code_of(gateway, token) == "ok"
    await publish(broker_url, session_revoked(session))
    started = time.monotonic()

    async def refused() -> bool:
        return await code_of(gateway, token) == "token_revoked"

    await eventually(refused)
    assert time.monotonic() - started < 1
    assert await code_of(gateway, other) == "ok"


async def test_a_removed_members_token_is_refused_in_that_organization_only(
    gateway: Gateway, teams: Teams, broker_url: str
) -> None:
    user, organization = uuid4(), uuid4()
    token, elsewhere = teams.token(sub=user, org=organization), teams.token(sub=user)
    assert await code_of(gateway, token) == "ok"
    now = datetime.now(UTC)
    removed = MemberRemovedV1(
        membership_id=uuid4(),
        organization_id=organization,
        user_id=user,
        email="gone@example.com",
        name="Gone",
        role="member",
        state="removed",
        invited_by=None,
        joined_at=now,
        removed_by=uuid4(),
        removed_at=now,
    )
    await publish(broker_url, removed)

    async def refused() -> bool:
        return await code_of(gateway, token) == "token_revoked"

    await eventually(refused)
    assert await code_of(gateway, elsewhere) == "ok"


async def test_what_was_revoked_while_the_bus_was_away_counts_when_it_is_back(
    gateway: Gateway, teams: Teams, engines: Engines
) -> None:
    session = uuid4()
    token = teams.token(sid=session)
    assert await code_of(gateway, token) == "ok"
    engines.rabbitmq.stop()
    try:
        await eventually(lambda: _not(is_heard(gateway)))
        assert await is_ready(gateway)
        asked = teams.asked
        assert await code_of(gateway, token) == "ok"
        assert teams.asked == asked + 1
        now = datetime.now(UTC).isoformat()
        teams.revoked.append({"kind": "session", "session_id": str(session), "not_before": now})
    finally:
        engines.rabbitmq.start()
    await eventually(lambda: is_heard(gateway), seconds=30)
    assert await code_of(gateway, token) == "token_revoked"


async def _not(holds: Awaitable[bool]) -> bool:
    return not await holds
