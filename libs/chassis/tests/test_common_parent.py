"""Whose trace work belongs to that is done for many at once."""

from chassis.telemetry import common_parent

FIRST = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SAME_TRACE = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"
OTHER_TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_what_is_of_one_trace_is_done_within_it() -> None:
    assert common_parent([FIRST]) == FIRST
    assert common_parent([FIRST, SAME_TRACE]) == FIRST


def test_work_for_several_traces_belongs_to_none_of_them() -> None:
    assert common_parent([FIRST, OTHER_TRACE]) is None
    assert common_parent([FIRST, None]) is None
    assert common_parent([None, None]) is None
    assert common_parent([]) is None
