from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.permissions import ROLE_PERMISSIONS, Role
from notifier.domain import (
    MAIL_LIFETIME,
    Member,
    language_of,
    mail_address,
    next_attempt,
    one_line,
    rights_of,
    team_and_inviter,
    team_but_remover,
    the_member,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def roster(**people):
    return tuple(member(person, role) for role, person in people.items())


def member(person, role):
    return Member(person.user_id, rights_of(role, None))


def test_owners_admins_and_the_inviter_hear_of_a_newcomer(person, story):
    ada, alan, eve, grace, bob = (person(name) for name in ("Ada", "Alan", "Eve", "Grace", "Bob"))
    event = _event(story().joined(grace, invited_by=eve))
    everybody = (*roster(owner=ada, admin=alan, member=eve, viewer=bob), member(grace, "member"))
    assert team_and_inviter(event, everybody) == {ada.user_id, alan.user_id, eve.user_id}


def test_an_inviter_who_left_hears_nothing(person, story):
    ada, eve, grace = person("Ada"), person("Eve"), person("Grace")
    event = _event(story().joined(grace, invited_by=eve))
    assert team_and_inviter(event, roster(owner=ada)) == {ada.user_id}


def test_nobody_hears_of_a_founder(person, story):
    ada = person("Ada")
    event = _event(story().founded(ada))
    assert team_and_inviter(event, roster(owner=ada)) == set()


@pytest.mark.parametrize("role", list(Role))
def test_only_owners_and_admins_hear_of_a_removal(person, story, role):
    ada, grace, bob = person("Ada"), person("Grace"), person("Bob")
    acme = story()
    acme.joined(grace)
    event = _event(acme.removed(grace, by=ada))
    told = team_but_remover(event, (member(ada, "owner"), member(bob, role)))
    assert told == ({bob.user_id} if role in {Role.OWNER, Role.ADMIN} else set())


def test_what_a_role_allows_says_the_matrix_or_its_organization():
    assert rights_of("viewer", ["billing:update"]) == ROLE_PERMISSIONS[Role.VIEWER]
    assert rights_of("0190b5a8-0000-7000-8000-000000000000", ["billing:update"]) == {"billing:update"}
    assert rights_of("0190b5a8-0000-7000-8000-000000000000", None) == set()


def test_the_member_hears_unless_they_did_it(person, story):
    ada, grace = person("Ada"), person("Grace")
    acme = story()
    acme.joined(grace)
    assert the_member(_event(acme.removed(grace, by=ada)), ()) == {grace.user_id}
    assert the_member(_event(acme.removed(grace, by=grace)), ()) == set()
    assert the_member(_event(acme.changed(grace, "admin", by=ada)), ()) == {grace.user_id}


def _event(envelope):
    from contracts import registry

    return registry.read(envelope, registry.model_for(envelope.type, 1))


def test_delays_grow_and_end_within_the_lifetime():
    at, attempts = NOW, 0
    delays = []
    while at - NOW < MAIL_LIFETIME:
        attempts += 1
        delays.append(next_attempt(attempts, at) - at)
        at += delays[-1]
    assert delays[0] <= timedelta(seconds=30)
    assert delays == sorted(delays)
    assert max(delays) == timedelta(hours=4)
    assert 20 < attempts < 40


@given(st.text())
def test_one_line_is_one_printable_line(text):
    line = one_line(text)
    assert len(line) <= 200
    assert "\n" not in line
    assert "\r" not in line
    assert len(line.splitlines()) <= 1


def test_one_line_drops_what_reorders_or_hides():
    assert one_line("Acme\u202egro.live\u2066\x00\r\nBcc: x") == "Acme gro.live Bcc: x"
    assert one_line("Zoë 株式会社 👩🏽") == "Zoë 株式会社 👩🏽"
    assert one_line("x" * 300) == "x" * 199 + "…"


@pytest.mark.parametrize("address", ["grace@example.com", "grace+a.b@sub.example.co", "grâce@exämple.com"])
def test_plain_addresses_pass(address):
    assert mail_address(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "grace",
        "@example.com",
        "grace@",
        "grace@example.com\r\nBcc: eve@example.com",
        "grace@example.com\n",
        "grace@example.com,eve@example.com",
        "grace@example.com eve@example.com",
        "<grace@example.com>",
        "Grace <grace@example.com>",
        '"a b"@example.com',
        "grace@example.com> SIZE=1",
        "grace\u202e@example.com",
        "grace@exa\x00mple.com",
    ],
)
def test_anything_else_is_refused(address):
    with pytest.raises(ValueError, match="mail address"):
        mail_address(address)


def test_language_falls_back_to_english():
    assert language_of("de-AT", {"en", "de"}) == "de"
    assert language_of("DE_at", {"en", "de"}) == "de"
    assert language_of("../../etc", {"en"}) == "en"
