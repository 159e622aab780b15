"""A malformed event becomes a dead letter with its reason; the command line shows, rehearses and replays it."""

import asyncio

import aio_pika
import orjson
import pytest

from chassis.testing import eventually
from contracts import golden_samples
from contracts.envelope import Envelope
from contracts.ids import new_id
from contracts.teams import MemberJoinedV1
from tests.integration.platform import command


def joined(**changes: object) -> Envelope:
    """A `member.joined` that nobody sent before."""
    sample = golden_samples.sample(MemberJoinedV1)
    data = sample.data | {"membership_id": str(new_id()), "user_id": str(new_id())} | changes
    return sample.model_copy(update={"id": new_id(), "data": {k: v for k, v in data.items() if v is not None}})


async def publish(platform, body: bytes, message_id: str, type_: str = "member.joined") -> None:
    connection = await aio_pika.connect(platform.stack.rabbitmq.url())
    async with connection, connection.channel() as channel:
        exchange = await channel.get_exchange("events")
        message = aio_pika.Message(body, message_id=message_id, type=type_, delivery_mode=2)
        await exchange.publish(message, routing_key=type_)


async def dead(platform, event_id: str) -> dict:
    found: list = []

    async def there() -> bool:
        found[:] = await platform.query(
            "SELECT id, state, error, error_group FROM notifier.failed_messages WHERE event_id = $1::uuid", event_id
        )
        return bool(found)

    await eventually(there)
    return dict(found[0])


def line(platform, *arguments: str) -> str:
    result = command(platform.stack, "notifier", "deadletters", *arguments)
    assert "Traceback" not in result.stderr, result.stderr
    return result.stdout + result.stderr


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"role": None}, "role"), ({"organization_id": "nobody"}, "organization_id"), ({"state": "perhaps"}, "state")],
    ids=["absent", "no id", "unknown state"],
)
async def test_an_event_that_does_not_validate_is_dead_at_once_with_the_field(platform, changes, reason) -> None:
    event = joined(**changes)
    await publish(platform, event.to_json(), str(event.id))
    found = await dead(platform, str(event.id))
    assert found["state"] == "dead"
    assert reason in found["error"]
    shown = await asyncio.to_thread(line, platform, "show", str(found["id"]))
    assert "member.joined" in shown
    assert reason in shown


@pytest.mark.parametrize("body", [b"", b"\x00\xff", b"[]", b'{"specversion": "1.0"}', b"{" * 3000])
async def test_what_is_no_event_at_all_is_dead_with_its_reason_and_stops_nobody(platform, body) -> None:
    message_id = str(new_id())
    await publish(platform, body, message_id)
    found = await dead(platform, message_id)
    assert "not a CloudEvents envelope" in found["error"]
    sane = joined()
    await publish(platform, sane.to_json(), str(sane.id))

    async def handled() -> bool:
        return bool(await platform.query("SELECT 1 FROM notifier.inbox WHERE event_id = $1", sane.id))

    await eventually(handled)


async def test_a_dead_letter_is_listed_rehearsed_and_discarded_by_command(platform) -> None:
    event = joined(email=None)
    await publish(platform, event.to_json(), str(event.id))
    found = await dead(platform, str(event.id))
    assert found["error_group"] in await asyncio.to_thread(line, platform, "list")
    rehearsal = await asyncio.to_thread(line, platform, "replay", "--dry-run", "--id", str(found["id"]))
    assert "1 still fail" in rehearsal
    refused = await asyncio.to_thread(line, platform, "discard", "--id", str(found["id"]))
    assert "--reason" in refused
    gone = ("discard", "--id", str(found["id"]), "--reason", "a test's own", "--by", "tester")
    assert await asyncio.to_thread(line, platform, *gone) == "discarded 1\n"
    assert (await asyncio.to_thread(line, platform, "list", "--id", str(found["id"]))) == "none\n"


async def test_a_version_from_the_future_waits_for_a_service_that_knows_it(platform) -> None:
    event = joined()
    future = orjson.loads(event.to_json()) | {"dataschema": event.dataschema.replace("/v1", "/v7")}
    await publish(platform, orjson.dumps(future), str(event.id))
    assert "v7" in (await dead(platform, str(event.id)))["error"]
