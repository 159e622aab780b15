"""The two processes as they are started in production, on real Postgres and RabbitMQ."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
import aiohttp
import pytest
from cryptography.fernet import Fernet
from openapi_spec_validator import validate

from chassis import topology
from chassis.keys import SigningKey
from chassis.sealing import new_keypair, open_sealed
from chassis.web import openapi_document
from teams.api import ROUTES
from teams.app import MIGRATIONS, SERVICE

START_SECONDS = 30


@pytest.fixture(scope="module")
def environment(service_database, broker):
    database = service_database("teams", MIGRATIONS)
    mail_private, mail_public = new_keypair()
    values = {
        "DATABASE_API_URL": database.api_url,
        "DATABASE_WORKER_URL": database.worker_url,
        "RABBITMQ_URL": broker.url,
        "RABBITMQ_MANAGEMENT_URL": broker.management_url,
        "INTERNAL_SIGNING_KEY": SigningKey.generate().private_text,
        "TOTP_SEED_KEYS": json.dumps([Fernet.generate_key().decode()]),
        "SIGNING_KEYS": json.dumps([SigningKey.generate().private_text]),
        "NOTIFIER_PUBLIC_KEY": mail_public,
        "SSO_SECRET_KEYS": json.dumps([Fernet.generate_key().decode()]),
        "HTTP_PORT": "0",
        "MAIL_PRIVATE_KEY": mail_private,
        "OWNER_URL": database.owner_url,
    }
    return {"PATH": os.environ["PATH"]} | values


@asynccontextmanager
async def process(command: str, environment: dict) -> AsyncIterator[dict]:
    """A running process; yields the fields of the log line that says it is up."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "teams", command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=None
    )
    try:
        async with asyncio.timeout(START_SECONDS):
            yield await _up(child)
        child.send_signal(signal.SIGTERM)
        async with asyncio.timeout(START_SECONDS):
            assert await child.wait() == 0
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


async def _up(child) -> dict:
    while line := await child.stdout.readline():
        fields = json.loads(line)
        if fields.get("event") in ("serving", "working"):
            return dict(fields)
    raise AssertionError(f"ended with {await child.wait()}")


async def test_what_is_committed_over_http_arrives_on_the_bus(environment) -> None:
    url = environment["RABBITMQ_URL"]
    await topology.apply(SERVICE.topology, bus_url=url, management_url=environment["RABBITMQ_MANAGEMENT_URL"])
    connection = await aio_pika.connect(url)
    async with connection, connection.channel() as channel:
        queue = await channel.declare_queue("teams-test", exclusive=True)
        await queue.bind("events", routing_key="#")
        mails = await channel.declare_queue("mail-test", exclusive=True)
        await mails.bind("commands", routing_key="notifier")
        async with process("work", environment), process("serve", environment) as serving:
            await _register_and_invite(f"http://127.0.0.1:{serving['port']}")
            async with asyncio.timeout(20):
                arrived = [json.loads((await _next(queue)).body) for _ in range(4)]
                sealed = [(await _next(mails)).body for _ in range(2)]
    assert {event["type"] for event in arrived} == {
        "user.registered",
        "organization.created",
        "member.joined",
        "member.invited",
    }
    commands = [json.loads(open_sealed(environment["MAIL_PRIVATE_KEY"], body)) for body in sealed]
    assert {command["type"]: command["data"]["email"] for command in commands} == {
        "account_email.send": "ada@example.com",
        "invitation_email.send": "grace@example.com",
    }
    for command, body in zip(commands, sealed, strict=True):
        assert command["data"]["token"].encode() not in body


async def _next(queue):
    async with queue.iterator() as messages:
        message = await anext(messages)
        await message.ack()
    return message


async def _register_and_invite(url: str) -> None:
    body = {"email": "ada@example.com", "password": "a quiet harbour at dawn", "name": "Ada", "client": "api"}
    async with aiohttp.ClientSession() as http:
        async with http.post(f"{url}/v1/auth/register", json=body | {"organization_name": "Engines"}) as answer:
            assert answer.status == 201
            token = (await answer.json())["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        sent = {"email": "grace@example.com", "role": "member"}
        async with http.post(f"{url}/v1/invitations", json=sent, headers=headers) as answer:
            assert answer.status == 201


async def refused(command: str, environment: dict) -> str:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "teams",
        command,
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaint = await asyncio.wait_for(child.communicate(), START_SECONDS)
    assert child.returncode == 78
    return complaint.decode()


async def test_it_refuses_to_start_under_a_role_that_owns_tables(environment) -> None:
    complaint = await refused("serve", environment | {"DATABASE_API_URL": environment["OWNER_URL"]})
    assert "is not teams_api" in complaint
    assert "owns" in complaint
    assert "is not teams_worker" in await refused(
        "work", environment | {"DATABASE_WORKER_URL": environment["DATABASE_API_URL"]}
    )


async def test_it_says_which_setting_is_missing(environment) -> None:
    complaint = await refused("serve", {k: v for k, v in environment.items() if k != "SIGNING_KEYS"})
    assert "SIGNING_KEYS" in complaint


def test_the_openapi_document_is_valid_and_names_every_endpoint() -> None:
    document = openapi_document("teams", ROUTES)
    validate(document)
    declared = {(route.method.lower(), route.path) for group in ROUTES for route in group.routes}
    documented = {(method, path) for path, item in document["paths"].items() for method in item}
    assert {(m, p) for m, p in declared if not p.startswith("/internal/")} <= documented
