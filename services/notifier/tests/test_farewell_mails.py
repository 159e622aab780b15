"""The end of an account is confirmed to the address it had, whichever comes first, and nothing of it stays."""
# ruff: noqa: PLR0917

from datetime import timedelta

import pytest

from chassis import sealing
from chassis.database import Context
from contracts.commands import SendFarewellEmailV1
from contracts.ids import new_id
from contracts.teams import UserDeletedV1
from notifier.consumers import CommandConsumers, Post
from notifier.mail import Sender
from notifier.mailer import Mailer, Postbox
from notifier.rendering import Renderer
from notifier.smtp_gateway import SmtpGateway


@pytest.fixture(autouse=True)
async def an_empty_queue(worker):
    async with worker.transaction(Context(actor="system:test")) as tx:
        await tx.execute("DELETE FROM deliveries")


@pytest.fixture
def mailer(settings, worker, mails):
    configured = settings(smtp_port=mails.smtp_port)
    key = configured.command_private_key.get_secret_value()
    gateway = SmtpGateway(configured, hello="objectalabs.example")
    return Mailer(worker, Postbox(Renderer(), Sender.parse(configured.mail_from), gateway, key))


@pytest.fixture
def ask(settings, worker):
    """The sealed command arrives, as often as it is called."""

    async def nothing():
        pass

    key = sealing.public_key_of(settings().command_private_key.get_secret_value())
    consumers = CommandConsumers(Post("http://localhost:8080", key, nothing))
    command_id = new_id()

    async def queue(person) -> None:
        command = SendFarewellEmailV1(
            email=person.email, name=person.name, locale="en", time_zone="Asia/Kolkata", deleted_at=worker.clock.now()
        )
        async with worker.transaction(Context(actor="system:teams")) as tx:
            await consumers.send_farewell(tx, command, command_id)

    return queue


@pytest.fixture
def zebulon(person):
    return person(f"Zebulon-{new_id()}")


def ended(tale, person):
    said = tale.state(UserDeletedV1(user_id=person.user_id, deleted_at=tale.now), 9)
    return said.model_copy(update={"orgid": None})


async def in_the_open(rows, *texts) -> list[str]:
    """Tables that hold one of the texts, read as they are."""
    tables = ("deliveries", "people", "notifications", "suppressions", "inbox", "outbox", "failed_messages")
    found = []
    for table in tables:
        everything = str(await rows(f"SELECT t::text AS row FROM {table} t")).lower()
        found += [table for text in texts if text.lower() in everything or text.encode().hex() in everything]
    return found


@pytest.mark.parametrize("order", ["mail first", "erasure first"])
async def test_the_mail_comes_whichever_is_first_and_leaves_nothing(
    order, zebulon, story, deliver, ask, mailer, mails, rows
) -> None:
    tale = story()
    tale.registered(zebulon)
    await deliver(*tale.events)
    end = ended(tale, zebulon)
    if order == "mail first":
        await ask(zebulon)
        await deliver(end)
    else:
        await deliver(end)
        await ask(zebulon)
    assert await in_the_open(rows, zebulon.name, zebulon.email) == [], "also while it waits"
    assert await mailer.send_due() == 1
    await ask(zebulon)
    await deliver(end)
    assert await mailer.send_due() == 0, "once a command"
    (mail,) = await mails.list(zebulon.email)
    assert mail["subject"] == "Your account was deleted"
    assert f"Your account {zebulon.email} was deleted on 23 November 2026, 17:30 IST" in mail["text"]
    assert "http://localhost:8080/signup" in mail["html"]
    assert await in_the_open(rows, zebulon.name, zebulon.email) == []
    assert await rows("SELECT state, recipient, user_id, payload FROM deliveries") == [
        {"state": "sent", "recipient": "", "user_id": None, "payload": None}
    ]


@pytest.mark.parametrize(("fault", "state"), [("reject_permanent", "bounced"), ("reject_temporary", "given_up")])
async def test_a_server_that_refuses_it_leaves_no_address_behind(
    fault, state, zebulon, ask, mailer, mails, rows, clock
) -> None:
    """Servers like to repeat the address in their answer."""
    await mails.arm(kind=fault, count=1000, to=zebulon.email)
    await ask(zebulon)
    started = clock.now()
    while await mailer.send_due():
        assert await in_the_open(rows, zebulon.email) == []
        (row,) = await rows("SELECT state, error, next_attempt_at FROM deliveries")
        assert row["error"] is None
        clock.move(seconds=max(0, (row["next_attempt_at"] - clock.now()).total_seconds()))
    assert row["state"] == state
    assert clock.now() - started <= timedelta(days=4)
    assert await rows("SELECT payload FROM deliveries") == [{"payload": None}]


async def test_while_the_server_is_away_it_waits(zebulon, ask, mailer, mails, clock) -> None:
    await mails.arm(kind="reject_temporary", count=1, to=zebulon.email)
    await ask(zebulon)
    await mailer.send_due()
    assert await mails.list(zebulon.email) == []
    clock.move(seconds=15)
    await mailer.send_due()
    assert len(await mails.list(zebulon.email)) == 1
