from datetime import UTC, datetime, timedelta

import pytest

from teams.domain.second_factors import claims_second_factor, is_due, is_shown

ON = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("shown", "confirmed", "expected"),
    [
        (None, None, False),
        (None, ON, False),
        (ON, ON, True),
        (ON, None, False),  # turned off since
        (ON, ON + timedelta(days=1), False),  # turned off, and another one set up
    ],
)
def test_only_the_factor_that_is_on_now_counts_as_shown(shown, confirmed, expected) -> None:
    assert is_shown(shown, confirmed) is expected


@pytest.mark.parametrize(
    ("methods", "expected"),
    [
        ([], False),
        (["pwd"], False),
        (["mfa"], True),
        (["pwd", "mfa"], True),
        (["otp"], False),
        (["otp", "otp"], False),
        (["hwk"], False),
        (["pwd", "otp"], True),
        (["pwd", "hwk"], True),
        (["pwd", "swk"], True),
        (["pin", "fpt"], True),
        (["pin", "face"], True),
        (["hwk", "pin"], True),
        (["pwd", "pin"], False),
        (["pwd", "sms"], False),
        (["pwd", "kba", "tel"], False),
        (["hwk", "user"], False),  # somebody touched a key
        (["otp", "geo"], False),
        (["otp", "rba", "mca", "user"], False),
        (["pwd", "user", "hwk"], True),
        (["MFA"], False),
        (["pwd", "OTP"], False),
        (["pwd", "something of the provider's own"], False),
    ],
)
def test_what_a_provider_says_about_two_factors(methods, expected) -> None:
    assert claims_second_factor(methods) is expected


PWD, BOTH, SILENT, NOT_OURS = ["pwd"], ["pwd", "otp"], [], None


@pytest.mark.parametrize(
    ("demanded", "shown", "methods", "claim_required", "due"),
    [
        (False, False, NOT_OURS, False, False),
        (False, False, PWD, True, False),
        (True, True, NOT_OURS, False, False),
        (True, True, PWD, True, False),
        (True, False, NOT_OURS, False, True),
        (True, False, NOT_OURS, True, True),
        (True, False, PWD, False, False),
        (True, False, SILENT, False, False),
        (True, False, BOTH, False, False),
        (True, False, PWD, True, True),
        (True, False, SILENT, True, True),
        (True, False, BOTH, True, False),
    ],
)
def test_when_a_second_factor_is_due(demanded, shown, methods, claim_required, due) -> None:
    assert is_due(demanded=demanded, shown=shown, methods=methods, claim_required=claim_required) is due
