from datetime import UTC, datetime, timedelta

from teams.domain.sessions import LEEWAY, judge_refresh, login_door

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def test_a_fresh_token_rotates_a_just_replaced_one_is_reissued_an_old_one_is_reuse() -> None:
    assert judge_refresh(None, NOW) == "rotate"
    assert judge_refresh(NOW - LEEWAY, NOW) == "reissue"
    assert judge_refresh(NOW - LEEWAY - timedelta(microseconds=1), NOW) == "reuse"


def test_a_request_that_waited_for_the_other_one_is_no_reuse() -> None:
    """Its transaction began before the one that rotated committed."""
    assert judge_refresh(NOW + timedelta(milliseconds=5), NOW) == "reissue"


def test_each_account_and_each_address_has_its_own_door() -> None:
    doors = {
        login_door("ada@example.com", "10.0.0.1"),
        login_door("ada@example.com", "10.0.0.2"),
        login_door("bob@example.com", "10.0.0.1"),
    }
    assert len(doors) == 3
    assert login_door("ADA@example.com", "10.0.0.1") in doors
