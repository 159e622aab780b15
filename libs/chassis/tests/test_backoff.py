"""The arithmetic of waiting; that doors shut and open again is tried at the sign-ins that use it."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from chassis.backoff import Backoff, door_of

BACKOFF = Backoff("attempts", free=5)


@given(st.integers(0, 10_000))
def test_waiting_grows_and_has_an_end(failures: int) -> None:
    assert timedelta(0) <= BACKOFF.wait_after(failures) <= BACKOFF.wait_after(failures + 1) <= BACKOFF.longest_wait
    assert (BACKOFF.wait_after(failures) > timedelta(0)) == (failures >= BACKOFF.free)


def test_each_kind_and_each_part_has_its_own_door_whatever_its_case() -> None:
    doors = {
        door_of("password", "ada@example.com", "10.0.0.1"),
        door_of("password", "ada@example.com", "10.0.0.2"),
        door_of("code", "ada@example.com", "10.0.0.1"),
        door_of("password", "ada@example.com10.0.0.1"),
    }
    assert len(doors) == 4
    assert door_of("password", "ADA@example.com", "10.0.0.1") in doors
