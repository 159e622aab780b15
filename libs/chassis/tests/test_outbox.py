"""Rows of the outbox: one by one or many in a transaction, and the wake-up of whoever publishes them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest

from chassis import outbox, sealing
from chassis.database import Context, Database, Row
from contracts.commands import SecretCommand
from contracts.envelope import Envelope
from contracts.ids import new_id
from contracts.teams import SessionRevokedV1

SERVICE = "stating"


@pytest.fixture
def urls(service_database: Any, tmp_path: Path) -> Any:
    return service_database(SERVICE, tmp_path)


@pytest.fixture
async def database(urls: Any) -> AsyncIterator[Database]:
    database = await Database.connect(urls.api_url, service=SERVICE, size=4)
    yield database
    await database.close()


@pytest.fixture
async def listener(urls: Any) -> AsyncIterator["asyncpg.Connection[Row]"]:
    connection = await asyncpg.connect(urls.worker_url, server_settings={"search_path": SERVICE})
    yield connection
    await connection.close()


async def state(database: Database, events: int) -> Context:
    context = Context(actor="user:ada", org_id=new_id())
    async with database.transaction(context) as tx:
        for sequence in range(1, events + 1):
            ended = SessionRevokedV1(session_id=new_id(), user_id=new_id(), revoked_at=tx.now, reason="logout")
            outbox.add(tx, ended, sequence=sequence)
    return context


@pytest.mark.parametrize("events", [1, 2, 5])
async def test_each_event_is_a_row_that_says_what_its_body_says(
    database: Database, listener: "asyncpg.Connection[Row]", events: int
) -> None:
    context = await state(database, events)
    rows = await listener.fetch("SELECT * FROM outbox ORDER BY position")
    assert len(rows) == events
    for sequence, row in enumerate(rows, start=1):
        envelope = Envelope.model_validate_json(row["body"])
        assert (envelope.id, envelope.sequence, envelope.orgid) == (row["event_id"], sequence, context.org_id)
        assert (row["type"], row["routing_key"], row["exchange"]) == ("session.revoked", "session.revoked", "events")
        assert (row["org_id"], row["headers"], row["purge"]) == (context.org_id, "{}", False)
        assert (row["content_type"], row["published_at"]) == ("application/cloudevents+json", None)


async def test_what_a_client_says_of_itself_is_text_and_no_statement(
    database: Database, listener: "asyncpg.Connection[Row]"
) -> None:
    said = "o'hara\\'; DELETE FROM outbox; -- \\x00 ü $1"

    class WhisperV1(SecretCommand):
        type = "whisper.send"
        version = 1
        recipient = "some'body"

    async with database.transaction(Context(actor=said, correlation_id=said)) as tx:
        message_id = outbox.add_command(tx, WhisperV1(), public_key=sealing.new_keypair()[1])
    row = await listener.fetchrow("SELECT * FROM outbox")
    assert row is not None
    assert (row["event_id"], row["routing_key"], row["org_id"], row["purge"]) == (message_id, "some'body", None, True)
    assert orjson.loads(row["headers"])["actor"] == said


async def test_who_looks_only_when_woken_sees_every_row_of_a_flood(
    database: Database, listener: "asyncpg.Connection[Row]"
) -> None:
    woken, commits = asyncio.Event(), 200
    await listener.add_listener(outbox.channel(SERVICE), lambda *_: woken.set())
    left = iter(range(commits))

    async def one_after_the_other() -> None:
        for _ in left:
            await state(database, 1)

    flood = asyncio.gather(*(one_after_the_other() for _ in range(4)))
    async with asyncio.timeout(60):
        while await listener.fetchval("SELECT count(*) FROM outbox") < commits:
            await woken.wait()
            woken.clear()
    await flood
