"""Sealed commands: only the receiver can read them, and the sender keeps no copy."""

import pytest

from chassis import outbox, sealing
from chassis.database import Context
from chassis.deadletters import Failed, failed_from
from chassis.inbox import Reactions
from chassis.topology import commands_queue
from contracts.ids import new_id

from . import ledger
from .conftest import Stage, running, until

TOKEN = "tok-4f1c-open-sesame"
PRIVATE, PUBLIC = sealing.new_keypair()
QUEUE = commands_queue(ledger.SERVICE)


async def whisper(stage: Stage, *, token: str = TOKEN, public_key: str = PUBLIC) -> None:
    async with stage.api.transaction(Context(actor="user:tester")) as tx:
        outbox.add_command(tx, ledger.WhisperV1(note_id=new_id(), token=token), public_key=public_key)


def listener(stage: Stage, private_key: str = PRIVATE):  # type: ignore[no-untyped-def]
    return stage.consumer(queue=QUEUE, reactions=ledger.EVERYTHING, private_key=private_key)


async def purged(stage: Stage) -> bool:
    return await ledger.count(stage.worker, "outbox") == 0


async def failed(stage: Stage) -> list[Failed]:
    async with stage.worker.transaction(Context(actor="system:test")) as tx:
        return [failed_from(row) for row in await tx.fetch("SELECT * FROM failed_messages")]


async def test_a_command_arrives_and_its_row_is_gone(stage: Stage) -> None:
    async with running(stage.relay(), listener(stage)):
        await whisper(stage)

        async def heard() -> bool:
            return await ledger.count(stage.worker, "effects", "text = 'whispered'") == 1

        await until(heard)
        await until(lambda: purged(stage))


async def test_the_token_is_readable_neither_in_the_outbox_nor_on_the_wire(stage: Stage) -> None:
    await whisper(stage)
    async with stage.worker.transaction(Context(actor="system:test")) as tx:
        row = await tx.fetchrow("SELECT body, headers FROM outbox")
    assert row is not None
    assert TOKEN.encode() not in row["body"]
    assert TOKEN not in row["headers"]
    async with running(stage.relay()):
        await until(lambda: purged(stage))
    async with stage.channel() as channel:
        message = await (await channel.get_queue(QUEUE)).get(no_ack=True)
    assert TOKEN.encode() not in message.body
    assert TOKEN not in str(message.info())


async def test_a_command_is_not_seen_by_who_listens_to_everything(stage: Stage) -> None:
    async with stage.channel() as channel:
        spy = await channel.declare_queue(exclusive=True)
        await spy.bind("events", "#")
        await whisper(stage)
        async with running(stage.relay()):
            await until(lambda: purged(stage))
        assert await spy.get(no_ack=True, fail=False) is None


async def test_a_command_for_another_key_is_dead_and_stays_sealed(stage: Stage) -> None:
    async with running(stage.relay(), listener(stage)):
        await whisper(stage, public_key=sealing.new_keypair()[1])
        [dead] = await until(lambda: failed(stage))
    assert dead.state == "dead"
    assert "sealed for another key" in dead.error
    assert TOKEN.encode() not in dead.body


async def test_a_command_whose_handler_fails_is_kept_sealed_and_its_error_says_nothing(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(stage.relay(), listener(stage)):
        await whisper(stage, token="poison")
        [kept] = await until(lambda: failed(stage))
    assert kept.state == "waiting"
    assert kept.error.startswith("Poisonous at ledger.py:")
    assert b"poison" not in kept.body
    assert sealing.open_sealed(PRIVATE, kept.body)
    assert "token poison" not in caplog.text


async def test_a_command_with_an_unknown_field_is_dead_without_quoting_it(stage: Stage) -> None:
    class WhisperV1(ledger.WhisperV1):
        extra: str

    async with running(stage.relay(), listener(stage)):
        async with stage.api.transaction(Context(actor="user:tester")) as tx:
            command = WhisperV1(note_id=new_id(), token=TOKEN, extra=TOKEN)
            outbox.add_command(tx, command, public_key=PUBLIC)
        [dead] = await until(lambda: failed(stage))
    assert (dead.state, dead.error) == ("dead", "Invalid: whisper.send does not validate: extra: extra_forbidden")


async def test_an_event_among_the_commands_is_dead(stage: Stage) -> None:
    async with running(stage.consumer(queue=QUEUE, reactions=Reactions(), private_key=PRIVATE)):
        async with stage.channel() as channel:
            exchange = await channel.get_exchange("commands", ensure=False)
            import aio_pika

            await exchange.publish(aio_pika.Message(b"{}"), ledger.SERVICE)
        [dead] = await until(lambda: failed(stage))
    assert dead.state == "dead"
