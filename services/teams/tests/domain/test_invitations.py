from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.problems import Conflict, Forbidden, Gone, TooManyRequests
from contracts.permissions import Role
from teams.domain.invitations import (
    LIFETIME,
    RESEND_AFTER,
    Invitation,
    check_addressee,
    check_may_resend,
    check_open,
    check_pending,
)

NOW = datetime(2026, 1, 5, tzinfo=UTC)
ID = UUID(int=1)


def invitation(state: str = "pending", sent_at: datetime = NOW) -> Invitation:
    return Invitation(
        id=ID,
        org_id=ID,
        email="Grace@example.com",
        role=Role.MEMBER,
        state=state,  # type: ignore[arg-type]
        invited_by=ID,
        sent_at=sent_at,
        expires_at=sent_at + LIFETIME,
        created_at=sent_at,
        version=1,
    )


def test_it_lives_for_seven_days_to_the_microsecond() -> None:
    check_open(invitation(), NOW + timedelta(days=7) - timedelta(microseconds=1))
    with pytest.raises(Gone) as refused:
        check_open(invitation(), NOW + timedelta(days=7))
    assert refused.value.code == "invitation_expired"


@pytest.mark.parametrize(
    ("state", "code"),
    [("accepted", "invitation_used"), ("revoked", "invitation_revoked"), ("expired", "invitation_expired")],
)
def test_it_works_once(state: str, code: str) -> None:
    with pytest.raises(Gone) as refused:
        check_open(invitation(state), NOW)
    assert refused.value.code == code
    with pytest.raises(Conflict):
        check_pending(invitation(state), NOW)


@given(st.timedeltas(min_value=timedelta(days=-1), max_value=timedelta(days=30)))
def test_a_state_never_comes_back_to_life(passed: timedelta) -> None:
    now = NOW + passed
    later = now + timedelta(days=1)
    if invitation().state_at(now) == "expired":
        assert invitation().state_at(later) == "expired"


def test_only_the_invited_address_whatever_its_case() -> None:
    check_addressee(invitation(), "gRACE@EXAMPLE.com")
    with pytest.raises(Forbidden) as refused:
        check_addressee(invitation(), "grace@example.org")
    assert refused.value.code == "invitation_for_another_address"


def test_one_mail_a_minute() -> None:
    check_may_resend(invitation(), NOW + RESEND_AFTER)
    with pytest.raises(TooManyRequests) as refused:
        check_may_resend(invitation(), NOW + timedelta(seconds=20))
    assert refused.value.headers == {"Retry-After": "41"}
