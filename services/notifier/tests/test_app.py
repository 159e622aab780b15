"""The whole service on real engines: what teams commits reaches the screen and the mailbox, in one trace."""
# ruff: noqa: PLR0917

import asyncio
import json
from contextlib import AsyncExitStack

import aiohttp
import pytest

from chassis import outbox, sealing, telemetry, topology
from chassis.database import Context, Database
from chassis.processes import finish, start
from chassis.relay import Relay
from chassis.settings import StartRefused
from chassis.testing import SpanCollector, serving, wait_until
from chassis.topology import Topology
from contracts import registry
from contracts.commands import SendInvitationEmailV1
from contracts.ids import new_id
from notifier.app import SERVICE, readers, serve, work


class Teams:
    """Teams' outbox and relay: what it states is committed first and published then, as always."""

    def __init__(self, database):
        self.database = database

    async def state(self, *envelopes):
        context = Context(actor="system:teams", org_id=envelopes[0].orgid)
        async with self.database.transaction(context) as tx:
            for envelope in envelopes:
                event = registry.read(envelope, registry.model_for(envelope.type, 1))
                outbox.add(tx, event, sequence=envelope.sequence)

    async def invite(self, tale, email, public_key):
        command = SendInvitationEmailV1(
            invitation_id=new_id(),
            organization_id=tale.org_id,
            organization_name="Acme",
            inviter_name="Ada",
            email=email,
            role="member",
            locale="en",
            token="the-secret-token",
            expires_at=tale.now.replace(year=2099),
        )
        async with self.database.transaction(Context(actor="system:teams")) as tx:
            outbox.add_command(tx, command, public_key=public_key)


@pytest.fixture
async def teams(service_database, broker):
    await topology.apply(Topology("teams"), bus_url=broker.url, management_url=broker.management_url)
    database = await Database.connect(service_database("teams", None).worker_url, service="teams")
    relay = start(Relay(database, broker.url))
    yield Teams(database)
    await finish([relay], 5)
    await database.close()


@pytest.fixture
async def running(settings, broker, mails, issuer_at, teams):
    """Notifier's two processes, in this one."""
    issuer, teams_url = issuer_at
    configured = settings(
        rabbitmq_url=broker.url,
        rabbitmq_management_url=broker.management_url,
        teams_url=teams_url,
        smtp_port=mails.smtp_port,
    )
    await topology.apply(SERVICE.topology, bus_url=broker.url, management_url=broker.management_url)
    async with AsyncExitStack() as stack:
        tasks = [start(part) for part in await work(configured, stack)]
        stack.push_async_callback(finish, tasks, 5)
        app = await serve(configured, stack)
        url = await stack.enter_async_context(serving(app))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield http, url, issuer


async def frame(socket, type_, seconds=10):
    async with asyncio.timeout(seconds):
        while True:
            message = await socket.receive()
            assert message.type is aiohttp.WSMsgType.TEXT, message
            found = json.loads(message.data)
            if found["type"] == type_:
                return found


async def test_a_colleague_is_invited_joins_appears_and_is_removed(running, teams, mails, story, person, settings):
    http, url, issuer = running
    ada, grace = person("Ada"), person("Grace")
    tale = story()
    tale.founded(ada)
    await teams.state(*tale.events)

    public_key = sealing.public_key_of(settings().command_private_key.get_secret_value())
    await teams.invite(tale, grace.email, public_key)
    mail = await mails.wait(grace.email)
    assert "#token=the-secret-token" in json.dumps(mail)

    adas = issuer.headers(user_id=ada.user_id, org_id=tale.org_id)
    graces = issuer.headers(user_id=grace.user_id, org_id=tale.org_id, role="member")
    async with (
        SpanCollector().listening() as collector,
        http.ws_connect(f"{url}/v1/stream", headers=adas) as screen,
        http.ws_connect(f"{url}/v1/stream", headers=graces) as hers,
    ):
        await frame(screen, "hello")
        await frame(hers, "hello")
        telemetry.start_tracing("test", collector.url)
        try:
            with telemetry.span("POST /v1/invitations/accept") as request:
                trace_id = f"{request.get_span_context().trace_id:032x}"
                await teams.state(tale.joined(grace, invited_by=ada))
            started = asyncio.get_running_loop().time()
            told = await frame(screen, "notification")
            assert asyncio.get_running_loop().time() - started < 1
            assert told["data"]["title"] == "Grace joined Acme"
            assert told["traceparent"].split("-")[1] == trace_id
        finally:
            await asyncio.to_thread(telemetry.stop_tracing)
        expected = {"POST /v1/invitations/accept", "handle member.joined", "stream.push"}
        await wait_until(lambda: expected <= set(collector.names()))
        for span in collector.spans:
            if span.name in expected:
                assert span.trace_id.hex() == trace_id, span.name

        tale.now = tale.now.replace(year=2099)
        started = asyncio.get_running_loop().time()
        await teams.state(tale.removed(grace, by=ada))
        assert (await frame(hers, "bye"))["code"] == "revoked"
        assert asyncio.get_running_loop().time() - started < 1


async def test_a_restarted_broker_changes_nothing(running, teams, story, person, engines):
    http, url, issuer = running
    ada = person("Ada")
    tale = story()
    tale.founded(ada)
    await teams.state(*tale.events)
    headers = issuer.headers(user_id=ada.user_id, org_id=tale.org_id)
    async with http.ws_connect(f"{url}/v1/stream", headers=headers) as screen:
        await frame(screen, "hello")
        await asyncio.to_thread(engines.rabbitmq.stop)
        await teams.state(tale.joined(person("Grace"), invited_by=ada))
        await asyncio.to_thread(engines.rabbitmq.start)
        assert (await frame(screen, "notification", 60))["data"]["title"] == "Grace joined Acme"


@pytest.mark.parametrize(
    ("variable", "value"),
    [("mail_from", "nobody"), ("mail_from", "A <a@b.c>\r\nBcc: d@e.f"), ("command_private_key", "x")],
)
async def test_a_worker_that_could_not_mail_refuses_to_start(settings, variable, value):
    async with AsyncExitStack() as stack:
        with pytest.raises(StartRefused, match=variable.upper()):
            await work(settings(**{variable: value}), stack)


async def test_dead_letters_of_both_queues_can_be_replayed(settings):
    async with AsyncExitStack() as stack:
        found = await readers(settings(), stack)
    assert set(found) == {"notifier", "notifier.commands"}
    assert found["notifier.commands"].sealed
    assert not found["notifier"].sealed
