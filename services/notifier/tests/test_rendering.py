import pytest
from jinja2 import UndefinedError
from jinja2.exceptions import SecurityError

from notifier.rendering import Renderer

EVENT = {"name": "Grace", "email": "grace@example.com"}
HOSTILE = "{{ 7 * 7 }}{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}"


def joined(**changes):
    values = {"event": EVENT, "organization": {"name": "Acme"}, "role": "member", "by_themselves": False}
    return Renderer().in_app("member_joined", "en", **(values | changes))


def invitation(**changes):
    values = {
        "inviter_name": "Ada",
        "organization_name": "Acme",
        "role": "member",
        "email": "grace@example.com",
        "link": "http://localhost/#token=x",
        "expires_at": "1 December 2026, 12:00 UTC",
        "reminder": False,
        "logo": None,
    }
    return Renderer().mail("invitation", "en", **(values | changes))


def test_a_notification_has_a_title_and_a_body():
    words = joined()
    assert words.title == "Grace joined Acme"
    assert words.body == "Grace (grace@example.com) is now member of Acme."


def test_a_title_is_not_escaped_html():
    assert joined(organization={"name": "Tom & Jerry's <Shop>"}).title == "Grace joined Tom & Jerry's <Shop>"


def test_names_are_never_templates():
    assert joined(event=EVENT | {"name": HOSTILE}).title.startswith("{{ 7 * 7 }}")
    mail = invitation(organization_name=HOSTILE)
    assert "{{ 7 * 7 }}" in mail.text
    assert "{{ 7 * 7 }}" in mail.html
    assert "49" not in mail.subject


def test_names_in_html_are_escaped():
    mail = invitation(organization_name="<script>alert(1)</script>", inviter_name='"><img src=x onerror=y>')
    assert "<script" not in mail.html
    assert "<img" not in mail.html
    assert "&lt;script&gt;" in mail.html
    assert "<script>alert(1)</script>" in mail.text


def test_a_name_beside_a_logo_stays_in_its_attribute():
    mail = invitation(organization_name='"><script>alert(1)</script>', logo="http://localhost/v1/logos/1/2")
    assert "<script" not in mail.html
    assert 'src="http://localhost/v1/logos/1/2"' in mail.html


def test_a_name_of_many_lines_stays_in_its_line():
    mail = invitation(organization_name="Acme\r\nBcc: eve@example.com\n\nClick https://evil.example")
    assert "\n" not in mail.subject
    assert "\r" not in mail.subject
    assert not any(line.startswith("Bcc:") for line in mail.text.splitlines())


def test_a_name_nobody_filled_in_is_an_error():
    with pytest.raises(UndefinedError):
        Renderer().in_app("member_joined", "en", event=EVENT)


def test_an_unknown_language_reads_english():
    assert (
        Renderer()
        .in_app(
            "your_role_changed", "tlh-KL", event=EVENT, organization={"name": "Acme"}, role="admin", by_themselves=False
        )
        .title.startswith("You are now admin")
    )


def test_templates_cannot_reach_python(tmp_path):
    folder = tmp_path / "en" / "in_app"
    folder.mkdir(parents=True)
    (folder / "evil.txt").write_text("{{ ''.__class__.__mro__ }}")
    with pytest.raises(SecurityError):
        Renderer(tmp_path).in_app("evil", "en")
