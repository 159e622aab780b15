"""Revocation end to end: an event on the real bus reaches a verifying process, and losing the bus is noticed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import aio_pika
import pytest
from pydantic import SecretStr

from chassis.auth import Authenticator
from chassis.internal import InternalVerifier
from chassis.keys import SigningKey
from chassis.outbox import EVENTS_EXCHANGE
from chassis.peers import connect_authenticator
from chassis.problems import Unauthorized, Unavailable
from chassis.revocations import RevocationList, TokenAnswer, TokenQuestion
from chassis.settings import ServiceSettings
from chassis.testing import TestIssuer, serving, wait_until
from chassis.topology import Topology, apply
from chassis.web import Access, Caller, Routes, ServiceCaller, create_app
from contracts.envelope import Envelope
from contracts.ids import new_id
from contracts.teams import SessionRevokedV1


class Settings(ServiceSettings):
    """As a service has them."""

    teams_url: str = ""
    internal_signing_key: SecretStr = SecretStr("")
    rabbitmq_url: SecretStr = SecretStr("")


def teams_app(issuer: TestIssuer, key: SigningKey) -> Any:
    routes = Routes("teams")

    @routes.get("/internal/v1/revocations", access=Access.INTERNAL, summary="Revocations")
    async def list_revocations(service: ServiceCaller) -> RevocationList:
        return RevocationList(items=[])

    @routes.post("/internal/v1/tokens/check", access=Access.INTERNAL, summary="Check")
    async def check_token(body: TokenQuestion) -> TokenAnswer:
        return TokenAnswer(active=True)

    app = create_app(
        ServiceSettings(), [routes], service="teams", internal=InternalVerifier({"notes": key.public_text}, "teams")
    )

    async def answer(_: Any) -> Any:
        from aiohttp import web

        return web.json_response(issuer.jwks())

    app.router.add_get("/.well-known/jwks.json", answer)
    return app


@pytest.fixture
async def connected(broker: Any) -> AsyncIterator[tuple[TestIssuer, Authenticator]]:
    issuer, key = TestIssuer(), SigningKey.generate()
    await apply(Topology("notes"), bus_url=broker.url, management_url=broker.management_url)
    async with serving(teams_app(issuer, key)) as url, AsyncExitStack() as stack:
        settings = Settings(
            teams_url=url, internal_signing_key=SecretStr(key.private_text), rabbitmq_url=SecretStr(broker.url)
        )
        authenticator = await connect_authenticator(settings, stack, service="notes")
        await wait_until(lambda: authenticator.revocations.synced)
        yield issuer, authenticator


async def publish(url: str, caller: Caller) -> None:
    event = SessionRevokedV1(
        session_id=caller.session_id, user_id=caller.user_id, revoked_at="2030-01-01T00:00:00Z", reason="logout"
    )
    envelope = Envelope.around(
        event, id=new_id(), source="teams", time=event.revoked_at, sequence=1, actor="system:teams", correlationid="c"
    )
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(EVENTS_EXCHANGE)
        await exchange.publish(aio_pika.Message(envelope.to_json()), event.type)


async def test_an_event_ends_a_session_within_a_second(connected: Any, broker: Any) -> None:
    issuer, authenticator = connected
    token = issuer.token(org_id=new_id())
    caller = await authenticator.authenticate(token)
    told = asyncio.Event()
    authenticator.revocations.on_revoked(lambda one: told.set() if one.covers(caller) else None)
    await publish(broker.url, caller)
    await asyncio.wait_for(told.wait(), 1)
    with pytest.raises(Unauthorized, match="token_revoked"):
        await authenticator.authenticate(token)


async def test_losing_the_bus_is_noticed_and_mended(connected: Any, engines: Any) -> None:
    issuer, authenticator = connected
    token = issuer.token(org_id=new_id())
    await authenticator.authenticate(token)
    await asyncio.to_thread(engines.rabbitmq.stop)
    try:
        await wait_until(lambda: not authenticator.revocations.synced)
        await authenticator.authenticate(token)
    finally:
        await asyncio.to_thread(engines.rabbitmq.start)
    await wait_until(lambda: authenticator.revocations.synced, timeout=30)


async def test_without_bus_and_without_teams_nobody_is_let_in() -> None:
    async with AsyncExitStack() as stack:
        settings = Settings(
            teams_url="http://127.0.0.1:1",
            internal_signing_key=SecretStr(SigningKey.generate().private_text),
            rabbitmq_url=SecretStr("amqp://127.0.0.1:1/"),
        )
        authenticator = await connect_authenticator(settings, stack, service="notes")
        with pytest.raises(Unavailable, match="authentication_unavailable"):
            await authenticator.authenticate(TestIssuer().token(org_id=new_id()))
