import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from contracts.commands import SendInvitationEmailV1
from notifier.mail import InvitationMail, Sender, build_message, message_id, render_mail
from notifier.rendering import MailText, Renderer

GOLDEN = Path(__file__).parent / "golden"
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
DELIVERY = UUID("01937b5e-0000-7000-8000-000000000001")
SENDER = Sender.parse("ObjectaLabs <no-reply@objectalabs.example>")


def command(**changes):
    values = {
        "invitation_id": DELIVERY,
        "organization_id": DELIVERY,
        "organization_name": "Acme & Söhne",
        "inviter_name": "Ada Lovelace",
        "email": "grace@example.com",
        "role": "billing_manager",
        "locale": "en",
        "token": "s3cr3t-token_value",
        "expires_at": datetime(2026, 11, 30, 12, tzinfo=UTC),
    }
    return SendInvitationEmailV1(**(values | changes))


def rendered(**changes):
    mail = InvitationMail.of(command(**changes), "https://app.example.com/")
    return render_mail(Renderer(), "invitation", mail.model_dump_json().encode(), "en")


def message(text, recipient="grace@example.com"):
    return build_message(text, delivery_id=DELIVERY, sender=SENDER, recipient=recipient, at=AT)


@pytest.mark.parametrize("part", ["subject", "text", "html"])
def test_the_words_are_the_golden_ones(part, request):
    path = GOLDEN / f"invitation.{part}"
    assert getattr(rendered(), part) == path.read_text()


def test_the_organizations_logo_stands_in_its_head_at_an_address_that_names_nobody():
    path = f"/v1/logos/{DELIVERY}/{DELIVERY}"
    html = rendered(logo_path=path).html
    assert f'<img src="https://app.example.com{path}" alt="Acme &amp; Söhne"' in html
    assert "<img" not in rendered().html
    with pytest.raises(ValueError, match="logo_path"):
        command(logo_path="//evil.example/pixel.png")


def test_the_link_carries_the_token_in_its_fragment():
    assert "https://app.example.com/invitations/accept#token=s3cr3t-token_value" in rendered().text


def test_headers_say_what_it_is():
    mail = message(rendered())
    assert mail["From"] == "ObjectaLabs <no-reply@objectalabs.example>"
    assert mail["To"] == "grace@example.com"
    assert mail["Message-ID"] == message_id(DELIVERY, SENDER) == f"<{DELIVERY}@objectalabs.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] is None
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_two_attempts_are_one_message():
    first, second = message(rendered()), message(rendered())
    assert re.sub("={15}[0-9]+==", "", str(first)) == re.sub("={15}[0-9]+==", "", str(second))


def test_no_header_can_be_smuggled_in():
    mail = message(rendered(organization_name="Acme\r\nBcc: eve@example.com", inviter_name="A\nX-Evil: 1"))
    assert mail["Bcc"] is None
    assert mail["X-Evil"] is None
    assert [name for name in mail if name not in EXPECTED] == []
    with pytest.raises(ValueError, match="mail address"):
        message(rendered(), recipient="grace@example.com\r\nBcc: eve@example.com")
    with pytest.raises(ValueError):
        message(MailText("Subject\r\nBcc: eve@example.com", "text", "<p>html</p>"))


EXPECTED = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "Content-Language",
    "MIME-Version",
    "Content-Type",
}


@pytest.mark.parametrize("text", ["", "no address", "Nobody <>", "Nobody <a b@example.com>"])
def test_a_sender_without_a_plain_address_is_refused(text):
    with pytest.raises(ValueError, match="mail address"):
        Sender.parse(text)
