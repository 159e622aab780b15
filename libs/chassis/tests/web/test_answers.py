"""Cursors, preconditions and addresses, without a server."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from chassis.answers import Cursor, IfMatch
from chassis.problems import Invalid, PreconditionFailed


@given(st.datetimes(timezones=st.just(UTC)), st.uuids(), st.integers(-(2**63) + 1, 2**63 - 1), st.text(max_size=50))
def test_a_cursor_comes_back_as_it_went(instant: datetime, id: UUID, number: int, text: str) -> None:
    if "\x00" in text or not text.isascii():
        text = ""
    cursor = Cursor.encode(instant, id, number, text)
    assert Cursor.decode(cursor, datetime, UUID, int, str) == (instant, id, number, text)


@given(st.text(max_size=80))
def test_any_text_is_a_cursor_or_a_422(text: str) -> None:
    for types in ((datetime, UUID), (int,), (str,)):
        with suppress(Invalid):
            assert isinstance(Cursor.decode(text, *types), tuple)


@pytest.mark.parametrize("instant", ["9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+23:00", "2030-01-01T00:00:00"])
def test_an_instant_that_is_none_is_refused(instant: str) -> None:
    with pytest.raises(Invalid):
        Cursor.decode(Cursor.encode(instant), datetime)


def test_an_instant_comes_back_in_utc() -> None:
    there = datetime(2030, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    assert Cursor.decode(Cursor.encode(there), datetime) == (datetime(2029, 12, 31, 22, tzinfo=UTC),)


@pytest.mark.parametrize(
    ("header", "versions"),
    [
        ('"3"', {3}),
        ('"1" , "2"', {1, 2}),
        ('W/"3"', set()),
        ('"abc"', set()),
        ('"99999999999999999999"', set()),
        ("*", None),
        ("3", "malformed"),
        ("", "malformed"),
        ('"3" "4"', "malformed"),
    ],
)
def test_if_match_headers(header: str, versions: set[int] | str | None) -> None:
    parsed = IfMatch.parse(header)
    if versions == "malformed":
        assert parsed is None
        return
    assert parsed is not None
    assert parsed.versions == versions


def test_a_version_not_read_is_a_412() -> None:
    with pytest.raises(PreconditionFailed):
        IfMatch(frozenset({1})).check(2)
    IfMatch(None).check(2)
    IfMatch(frozenset({1, 2})).check(2)


def test_the_mocked_request_has_no_peer() -> None:
    from chassis.addresses import client_address

    request = make_mocked_request("GET", "/", headers={"X-Forwarded-For": "203.0.113.9"})
    assert client_address(request) == "unknown"
