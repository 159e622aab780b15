"""Mails to a person about their own account: the words of each, its link; what concerns safety is told twice."""
# ruff: noqa: PLR0917

from datetime import UTC, datetime, timedelta

import pytest

from chassis import sealing
from chassis.database import Context
from contracts.commands import SendAccountEmailV1
from contracts.ids import new_id
from contracts.teams import UserDeviceAddedV1, UserMfaDisabledV1, UserMfaEnabledV1, UserPasswordChangedV1
from notifier.consumers import CommandConsumers, Post
from notifier.mail import MAILS, Sender, render_mail
from notifier.mailer import Mailer, Postbox
from notifier.rendering import TEMPLATES, Renderer
from notifier.routing import SECURITY_TEMPLATES
from notifier.smtp_gateway import SmtpGateway

TOKEN = "t0p-s3cret-token"
LINKS = {
    "verify_email": "/verify-email",
    "reset_password": "/reset-password",
    "change_email": "/verify-email",
    "restore_email": "/restore-email",
}
NEWS = [UserPasswordChangedV1, UserMfaEnabledV1, UserMfaDisabledV1, UserDeviceAddedV1]


def command(kind, **changes):
    values = {
        "kind": kind,
        "user_id": new_id(),
        "email": f"{new_id()}@example.com",
        "name": "Ada <b>King</b>",
        "locale": "en",
        "token": TOKEN,
        "expires_at": datetime(2026, 11, 24, 12, tzinfo=UTC),
        "new_email": "new@example.com",
    }
    return SendAccountEmailV1(**(values | changes))


def news(kind, **changes):
    values = {
        "user_id": new_id(),
        "email": f"{new_id()}@example.com",
        "name": "Ada",
        "locale": "en",
        "time_zone": "Asia/Kolkata",
        "email_verified": True,
    }
    if kind is UserDeviceAddedV1:
        values |= {"session_id": new_id(), "device": "Firefox on Linux"}
    return kind(**(values | changes))


@pytest.fixture
def post(settings):
    async def nothing():
        pass

    key = settings().command_private_key.get_secret_value()
    return Post("http://localhost:8080", sealing.public_key_of(key), nothing)


@pytest.fixture
async def send(settings, worker, mails):
    configured = settings(smtp_port=mails.smtp_port)
    key = configured.command_private_key.get_secret_value()
    gateway = SmtpGateway(configured, hello="objectalabs.example")
    return Mailer(worker, Postbox(Renderer(), Sender.parse(configured.mail_from), gateway, key)).send_due


@pytest.mark.parametrize("kind", LINKS)
async def test_a_link_is_mailed_with_its_token_in_the_fragment(kind, worker, post, send, mails, rows) -> None:
    asked = command(kind)
    async with worker.transaction(Context(actor="system:teams")) as tx:
        await CommandConsumers(post).send_account_mail(tx, asked, new_id())
    stored = await rows("SELECT deliveries::text AS row FROM deliveries WHERE recipient = $1", asked.email)
    assert TOKEN not in str(stored)
    assert TOKEN.encode().hex() not in str(stored)
    await send()
    mail = await mails.wait(asked.email)
    assert f"http://localhost:8080{LINKS[kind]}#token={TOKEN}" in mail["text"]
    assert "Ada <b>King</b>" in mail["text"]
    assert "<b>" not in mail["html"]
    assert "24 November 2026, 12:00 UTC" in mail["text"]
    assert ("new@example.com" in mail["text"]) == (kind == "restore_email")


@pytest.mark.parametrize("kind", NEWS)
async def test_what_concerns_safety_is_told_in_the_app_and_by_mail_once(
    kind, story, deliver, send, mails, rows
) -> None:
    tale = story()
    tale.org_id = None
    event = tale.state(fact := news(kind), 5)
    await deliver(event)
    await deliver(event, event)
    told = await rows("SELECT org_id, category, kind, title FROM notifications WHERE user_id = $1", fact.user_id)
    assert [(row["org_id"], row["category"], row["kind"]) for row in told] == [(None, "security", kind.type)]
    await send()
    mail = await mails.wait(fact.email)
    assert mail["subject"] == told[0]["title"]
    assert "23 November 2026, 17:30 IST" in mail["text"]
    assert "/settings/security" in mail["text"]
    assert len(await mails.list(fact.email)) == 1
    people = await rows("SELECT sequence FROM people WHERE user_id = $1", fact.user_id)
    assert people == [{"sequence": 5}]


async def test_a_new_device_is_named(story, deliver, rows) -> None:
    tale = story()
    fact = news(UserDeviceAddedV1, device="Firefox\r\nBcc: eve@example.com")
    await deliver(tale.state(fact, 2))
    (told,) = await rows("SELECT title FROM notifications WHERE user_id = $1", fact.user_id)
    assert told["title"] == "New sign-in: Firefox Bcc: eve@example.com"


async def test_a_link_that_ran_out_is_not_mailed(worker, post, send, mails, rows, clock) -> None:
    asked = command("reset_password", expires_at=clock.now() + timedelta(hours=1))
    async with worker.transaction(Context(actor="system:teams")) as tx:
        await CommandConsumers(post).send_account_mail(tx, asked, new_id())
    clock.move(hours=1, seconds=1)
    await send()
    (row,) = await rows("SELECT state, payload FROM deliveries WHERE recipient = $1", asked.email)
    assert row == {"state": "given_up", "payload": None}
    assert await mails.list(asked.email) == []


def test_each_mail_has_all_its_words() -> None:
    assert set(SECURITY_TEMPLATES.values()) <= set(MAILS)
    for template in MAILS:
        for part in ("subject.txt", "txt", "html"):
            assert (TEMPLATES / "en" / "mail" / f"{template}.{part}").is_file()
    for template in SECURITY_TEMPLATES.values():
        assert (TEMPLATES / "en" / "in_app" / f"{template}.txt").is_file()


def test_an_unknown_template_is_an_error() -> None:
    with pytest.raises(KeyError):
        render_mail(Renderer(), "nothing", b"{}", "en")
