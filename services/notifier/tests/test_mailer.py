# ruff: noqa: PLR0917, ARG002
import asyncio
import socket
from datetime import timedelta

import pytest
from aiosmtpd.smtp import SMTP

from chassis import sealing
from chassis.database import Context, Database
from chassis.testing import wait_until
from contracts.commands import SendInvitationEmailV1
from contracts.ids import new_id
from notifier.consumers import CommandConsumers, Post
from notifier.mail import Sender
from notifier.mailer import Mailer, Postbox
from notifier.rendering import Renderer
from notifier.smtp_gateway import SmtpGateway
from notifier.usecases.send_mail import begin_sending

SECRET = "t0p-s3cret-invitation-token"


@pytest.fixture
def mailer_of(settings, notifier_database, worker):
    """A mailer that speaks to an SMTP port."""

    def make(port, database=None, **changes):
        configured = settings(smtp_port=port, smtp_timeout_seconds=changes.pop("timeout", 2), **changes)
        gateway = SmtpGateway(configured, hello="objectalabs.example")
        sender = Sender.parse(configured.mail_from)
        key = configured.command_private_key.get_secret_value()
        return Mailer(database or worker, Postbox(Renderer(), sender, gateway, key))

    return make


@pytest.fixture
def queue(worker, settings):
    """Queue an invitation as the command consumer does; returns its address."""
    public_key = sealing.public_key_of(settings().command_private_key.get_secret_value())

    async def enqueue(email=None, wake=None, **changes):
        async def nothing():
            pass

        email = email or f"{new_id()}@example.com"
        values = {
            "invitation_id": new_id(),
            "organization_id": new_id(),
            "organization_name": "Acme",
            "inviter_name": "Ada",
            "email": email,
            "role": "member",
            "locale": "en",
            "token": SECRET,
            "expires_at": worker.clock.now() + timedelta(days=7),
        }
        consumers = CommandConsumers(Post("http://localhost:8080", public_key, wake or nothing))
        async with worker.transaction(Context(actor="system:teams")) as tx:
            await consumers.send_invitation(tx, SendInvitationEmailV1(**(values | changes)), new_id())
        return email

    return enqueue


@pytest.fixture
def delivery(rows):
    async def look(email):
        return (await rows("SELECT * FROM deliveries WHERE recipient = $1 ORDER BY created_at DESC, id DESC", email))[0]

    return look


@pytest.fixture(autouse=True)
async def an_empty_queue(worker):
    async with worker.transaction(Context(actor="system:test")) as tx:
        await tx.execute("DELETE FROM deliveries")


async def test_an_invitation_is_mailed_with_its_link(mails, mailer_of, queue, delivery):
    email = await queue()
    assert await mailer_of(mails.smtp_port).send_due() == 1
    (mail,) = await mails.list(email)
    assert f"http://localhost:8080/invitations/accept#token={SECRET}" in mail["text"]
    assert f"http://localhost:8080/invitations/accept#token={SECRET}" in mail["html"]
    row = await delivery(email)
    assert (row["state"], row["attempts"], row["payload"]) == ("sent", 1, None)
    assert ["Message-ID", f"<{row['id']}@objectalabs.example>"] in mail["headers"]


async def test_the_token_is_nowhere_in_the_open(queue, rows):
    await queue()
    for table in ("deliveries", "inbox", "outbox", "failed_messages"):
        for row in await rows(f"SELECT t::text AS everything FROM {table} t"):
            assert SECRET not in row["everything"]
            assert SECRET.encode().hex() not in row["everything"]


async def test_a_server_that_is_away_is_tried_again(mails, mailer_of, queue, delivery, clock, free_port):
    email = await queue()
    await mailer_of(free_port).send_due()
    row = await delivery(email)
    assert (row["state"], row["attempts"]) == ("pending", 1)
    assert "SMTPConnectError" in row["error"]
    assert await mailer_of(mails.smtp_port).send_due() == 0, "not before its time"
    clock.move(seconds=15)
    assert await mailer_of(mails.smtp_port).send_due() == 1
    assert len(await mails.list(email)) == 1


@pytest.fixture
def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def test_a_temporary_refusal_is_retried_for_four_days_and_no_longer(mails, mailer_of, queue, delivery, clock):
    email = await queue()
    await mails.arm(kind="reject_temporary", count=1000, to=email)
    mailer, started, waits = mailer_of(mails.smtp_port), clock.now(), []
    while (row := await delivery(email))["state"] == "pending":
        waits.append((row["next_attempt_at"] - clock.now()).total_seconds())
        clock.move(seconds=waits[-1])
        assert await mailer.send_due() == 1
    assert row["state"] == "given_up"
    assert row["payload"] is None
    assert row["smtp_code"] == 451
    assert waits == sorted(waits)
    assert timedelta(days=3, hours=20) < clock.now() - started <= timedelta(days=4)


async def test_greylisting_costs_seconds(mails, mailer_of, queue, clock):
    email = await queue()
    await mails.arm(kind="reject_temporary", count=1, to=email)
    mailer = mailer_of(mails.smtp_port)
    await mailer.send_due()
    clock.move(seconds=15)
    await mailer.send_due()
    assert len(await mails.list(email)) == 1


async def test_an_invitation_that_ran_out_is_not_mailed(mails, mailer_of, queue, delivery, clock):
    email = await queue(expires_at=clock.now() + timedelta(hours=1))
    clock.move(hours=2)
    await mailer_of(mails.smtp_port).send_due()
    assert (await delivery(email))["state"] == "given_up"
    assert await mails.list(email) == []


async def test_an_unknown_mailbox_bounces_and_is_not_asked_again(mails, mailer_of, queue, delivery, rows):
    email = await queue()
    await mails.arm(kind="reject_permanent", count=1, to=email)
    mailer = mailer_of(mails.smtp_port)
    await mailer.send_due()
    row = await delivery(email)
    assert (row["state"], row["smtp_code"], row["payload"]) == ("bounced", 550, None)
    bounced = await rows("SELECT body FROM outbox WHERE type = 'email.bounced'")
    assert any(str(row["id"]) in b["body"].decode() for b in bounced)
    assert all(email not in b["body"].decode() for b in bounced)
    await queue(email.upper())
    await mailer.send_due()
    assert (await delivery(email.upper()))["state"] == "suppressed"
    assert await mails.list(email) == []


class Refusing:
    """Refuses the message itself, not the mailbox."""

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        return "554 5.7.1 we do not like it"


async def test_a_refused_message_does_not_suppress_the_mailbox(mailer_of, queue, delivery, rows):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Refusing(), hostname="localhost"), "127.0.0.1", 0)
    async with server:
        email = await queue()
        await mailer_of(server.sockets[0].getsockname()[1]).send_due()
    assert (await delivery(email))["state"] == "bounced"
    assert await rows("SELECT 1 FROM suppressions WHERE email = $1", email) == []


async def test_our_own_wrong_login_blames_nobody(mails, mailer_of, queue, delivery):
    email = await queue()
    await mailer_of(mails.smtp_port, smtp_username="we", smtp_password="wrong").send_due()
    assert (await delivery(email))["state"] == "pending"


@pytest.mark.parametrize("fault", [{"kind": "drop_after_data"}, {"kind": "slow", "seconds": 3}])
async def test_a_second_copy_of_unknown_fate_has_the_same_message_id(mails, mailer_of, queue, delivery, clock, fault):
    email = await queue()
    await mails.arm(count=1, to=email, **fault)
    mailer = mailer_of(mails.smtp_port, timeout=0.5)
    await mailer.send_due()
    assert (await delivery(email))["state"] == "pending"
    clock.move(seconds=15)
    await mailer.send_due()
    assert (await delivery(email))["state"] == "sent"
    copies = await mails.list(email)
    assert len(copies) == 2
    assert _ids(copies[0]) == _ids(copies[1])


def _ids(mail):
    return [value for name, value in mail["headers"] if name in {"Message-ID", "Date", "Subject"}]


async def test_two_workers_send_one_mail(mails, mailer_of, queue, notifier_database, clock):
    other = await Database.connect(notifier_database.worker_url, service="notifier", clock=clock)
    try:
        emails = [await queue() for _ in range(40)]
        workers = [mailer_of(mails.smtp_port), mailer_of(mails.smtp_port, database=other)]

        async def drain(mailer):
            while await mailer.send_due():
                pass

        await asyncio.gather(*(drain(mailer) for mailer in workers))
    finally:
        await other.close()
    assert [len(await mails.list(email)) for email in emails] == [1] * 40


async def test_a_mail_whose_sender_died_is_sent_by_the_next(mails, mailer_of, queue, worker, clock, delivery):
    email = await queue()
    async with worker.transaction(Context(actor="system:test")) as tx:
        assert len(await begin_sending(tx, 10)) == 1
    mailer = mailer_of(mails.smtp_port)
    clock.move(minutes=9)
    assert await mailer.send_due() == 0, "still in the first one's hands"
    clock.move(minutes=2)
    assert await mailer.send_due() == 1
    assert (await delivery(email))["attempts"] == 2


async def test_it_is_sent_as_soon_as_it_is_queued(mails, mailer_of, queue):
    mailer = mailer_of(mails.smtp_port)
    running = asyncio.create_task(mailer.run())
    try:
        await mails.wait(await queue(wake=mailer.wake))
        started = asyncio.get_running_loop().time()
        await mails.wait(await queue(wake=mailer.wake))
        assert asyncio.get_running_loop().time() - started < 1
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_what_is_being_sent_is_finished_at_shutdown(mails, mailer_of, queue, delivery):
    email = await queue()
    await mails.arm(kind="slow", seconds=0.5, count=1, to=email)
    running = asyncio.create_task(mailer_of(mails.smtp_port).run())
    await mails.wait(email)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (await delivery(email))["state"] == "sent"


async def test_an_address_that_is_none_is_refused_at_the_door(queue, rows):
    with pytest.raises(ValueError, match="mail address"):
        await queue("grace@example.com\r\nBcc: eve@example.com")
    assert await rows("SELECT 1 FROM deliveries") == []


async def test_names_with_line_breaks_add_no_header(mails, mailer_of, queue):
    email = await queue(organization_name="Acme\r\nBcc: eve@example.com", inviter_name="A\r\n\r\n<script>")
    await mailer_of(mails.smtp_port).send_due()
    (mail,) = await mails.list(email)
    assert mail["to"] == [email]
    assert "Bcc" not in [name for name, _ in mail["headers"]]
    assert "<script>" not in mail["html"]


async def test_a_payload_that_cannot_be_opened_is_kept_for_later(mails, mailer_of, queue, delivery):
    email = await queue()
    stranger = mailer_of(mails.smtp_port, command_private_key=sealing.new_keypair()[0])
    await stranger.send_due()
    row = await delivery(email)
    assert row["state"] == "pending"
    assert "CannotOpen" in row["error"]


async def test_the_mailer_survives_a_database_that_is_away(mailer_of, mails, queue, worker, engines):
    mailer = mailer_of(mails.smtp_port)
    running = asyncio.create_task(mailer.run())
    try:
        await asyncio.to_thread(engines.postgres.stop)
        await mailer.wake()
        await asyncio.to_thread(engines.postgres.start)
        await wait_until(lambda: not running.done())
        email = await queue(wake=mailer.wake)
        assert (await mails.wait(email))["to"] == [email]
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
