"""The mail catcher keeps what is sent, shows it, and fails on request as real servers do."""

import asyncio
from collections.abc import AsyncIterator
from email.message import EmailMessage

import aiohttp
import aiosmtplib
import pytest

from mail_catcher.mailbox import Mailbox
from mail_catcher.server import Addresses, running


@pytest.fixture
async def catcher() -> AsyncIterator[Addresses]:
    async with running() as addresses:
        yield addresses


@pytest.fixture
async def api(catcher: Addresses) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(catcher.url) as session:
        yield session


def mail(to: str, subject: str = "Grüße", html: str | None = "<p>Hello <b>you</b></p>") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Ada <ada@example.com>"
    message["To"] = to
    message["Subject"] = subject
    message.set_content("Hello you: http://localhost:8080/invitations/accept#token=abc\n")
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message


async def send(catcher: Addresses, message: EmailMessage) -> None:
    await aiosmtplib.send(message, hostname="127.0.0.1", port=catcher.smtp_port, timeout=10)


async def test_a_sent_mail_is_listed_and_read(catcher: Addresses, api: aiohttp.ClientSession) -> None:
    await send(catcher, mail("grace@example.com"))
    items = (await (await api.get("/api/messages")).json())["items"]
    assert [(item["to"], item["subject"]) for item in items] == [(["grace@example.com"], "Grüße")]
    detail = await (await api.get(f"/api/messages/{items[0]['id']}")).json()
    assert detail["text"].startswith("Hello you: http://localhost:8080")
    assert detail["html"] == "<p>Hello <b>you</b></p>\n"
    assert ["Subject", "Grüße"] in detail["headers"]
    raw = await (await api.get(f"/api/messages/{items[0]['id']}/raw")).text()
    assert "MIME-Version: 1.0" in raw


async def test_the_list_is_newest_first_and_filtered_by_recipient(
    catcher: Addresses, api: aiohttp.ClientSession
) -> None:
    for to in ("a@example.com", "b@example.com", "a@example.com"):
        await send(catcher, mail(to))
    everything = (await (await api.get("/api/messages")).json())["items"]
    assert [item["id"] for item in everything] == [3, 2, 1]
    to_a = (await (await api.get("/api/messages", params={"to": "A@example.com", "limit": 1})).json())["items"]
    assert [item["id"] for item in to_a] == [3]


async def test_waiting_ends_with_the_mail_that_arrives(catcher: Addresses, api: aiohttp.ClientSession) -> None:
    waiting = asyncio.create_task(api.get("/api/messages/wait", params={"to": "late@example.com", "timeout": 30}))
    await send(catcher, mail("other@example.com"))
    await send(catcher, mail("late@example.com", html=None))
    answer = await waiting
    assert answer.status == 200
    found = await answer.json()
    assert (found["to"], found["html"]) == (["late@example.com"], None)
    none = await api.get("/api/messages/wait", params={"to": "late@example.com", "after": found["id"], "timeout": 0})
    assert none.status == 204


@pytest.mark.parametrize(("kind", "code"), [("reject_permanent", 550), ("reject_temporary", 451)])
async def test_a_rejection_is_counted_and_then_over(
    catcher: Addresses, api: aiohttp.ClientSession, kind: str, code: int
) -> None:
    assert (await api.post("/api/faults", json={"kind": kind, "count": 2, "to": "grace@example.com"})).status == 201
    await send(catcher, mail("somebody@example.com"))
    for _ in range(2):
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
            await send(catcher, mail("grace@example.com"))
        assert refused.value.recipients[0].code == code
    await send(catcher, mail("grace@example.com"))
    assert (await (await api.get("/api/faults")).json())["items"] == []


async def test_a_dropped_connection_leaves_the_sender_in_doubt_and_the_mail_here(
    catcher: Addresses, api: aiohttp.ClientSession
) -> None:
    await api.post("/api/faults", json={"kind": "drop_after_data"})
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await send(catcher, mail("grace@example.com"))
    assert len((await (await api.get("/api/messages")).json())["items"]) == 1


async def test_a_slow_server_answers_late(catcher: Addresses, api: aiohttp.ClientSession) -> None:
    await api.post("/api/faults", json={"kind": "slow", "seconds": 60})
    with pytest.raises(aiosmtplib.SMTPReadTimeoutError):
        await aiosmtplib.send(mail("g@example.com"), hostname="127.0.0.1", port=catcher.smtp_port, timeout=0.5)


async def test_deleting_all_leaves_nothing(catcher: Addresses, api: aiohttp.ClientSession) -> None:
    await send(catcher, mail("grace@example.com"))
    assert (await api.delete("/api/messages")).status == 204
    assert (await (await api.get("/api/messages")).json())["items"] == []
    assert (await api.get("/api/messages/1")).status == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/messages?limit=0", None, 422),
        ("GET", "/api/messages?form=a", None, 422),
        ("GET", "/api/messages/wait?timeout=never", None, 422),
        ("POST", "/api/faults", b'{"kind": "explode"}', 422),
        ("POST", "/api/faults", b"{", 422),
        ("POST", "/api/faults", b"x" * 100_000, 413),
        ("GET", "/api/messages/x", None, 404),
        ("GET", "/nothing", None, 404),
        ("PUT", "/api/messages", None, 405),
    ],
)
async def test_bad_requests_get_a_problem(
    api: aiohttp.ClientSession, method: str, path: str, body: bytes | None, status: int
) -> None:
    answer = await api.request(method, path, data=body)
    assert (answer.status, answer.content_type) == (status, "application/problem+json")


async def test_the_page_runs_no_script_but_its_own(api: aiohttp.ClientSession) -> None:
    page = await api.get("/")
    assert page.status == 200
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    assert "Mail catcher" in await page.text()
    for file in ("style.css", "script.js", "icon.svg"):
        assert (await api.get(f"/page/{file}")).status == 200


async def test_the_mailbox_is_bounded_in_number_and_in_bytes() -> None:
    few = Mailbox(max_messages=2)
    for _ in range(3):
        await few.add("a", ["b"], b"x")
    assert [mail.id for mail in few.newest(to=None, limit=10)] == [3, 2]
    small = Mailbox(max_bytes=10)
    for _ in range(3):
        await small.add("a", ["b"], b"x" * 6)
    assert [mail.id for mail in small.newest(to=None, limit=10)] == [3]
