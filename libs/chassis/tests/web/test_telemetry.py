"""Trace ids are carried with and without a collector; log lines are JSON that says where they belong."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from chassis import logs
from chassis.telemetry import current_trace_id, current_traceparent, span

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_outside_any_span_there_is_no_trace() -> None:
    assert current_traceparent() is None
    assert current_trace_id() is None


def test_a_span_goes_on_with_its_parent_or_with_the_one_in_hand() -> None:
    with span("outer", PARENT):
        outer = current_traceparent()
        assert outer is not None
        assert outer.startswith("00-0af7651916cd43dd8448eb211c80319c-")
        assert outer != PARENT
        with span("inner"):
            inner = current_traceparent()
            assert inner is not None
            assert inner.split("-")[1] == outer.split("-")[1]
            assert inner != outer
        with span("elsewhere", PARENT.replace("0af7", "ffff")):
            assert str(current_trace_id()).startswith("ffff")
        assert current_traceparent() == outer
    assert current_traceparent() is None


@pytest.mark.parametrize("parent", ["", "nonsense", "00-0-0-01", "00-" + "0" * 32 + "-b7ad6b7169203331-01", "é"])
def test_a_parent_that_is_none_starts_a_new_trace(parent: str) -> None:
    with span("work", parent):
        assert current_trace_id() not in (None, "0" * 32)


def test_an_exception_ends_the_span_and_goes_on() -> None:
    with pytest.raises(ValueError, match="no"), span("work"):
        raise ValueError("no")
    assert current_traceparent() is None


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    root = logging.getLogger()
    before = (root.handlers[:], root.level, structlog.get_config())
    monkeypatch.setattr(logs.sys, "stdout", stream)
    root.handlers = []
    logs.configure_logs("notes", "info")
    logs.begin_log()
    yield stream
    logs.begin_log()
    root.handlers, root.level = before[0], before[1]
    structlog.configure(**before[2])


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_both_ways_of_logging_end_in_the_same_json(written: io.StringIO) -> None:
    logs.bind_log(request_id="r-1", org_id=None)
    with span("work", PARENT):
        structlog.get_logger().info("by structlog", number=1)
        logging.getLogger("x").warning("by %s", "logging", extra={"number": 2})
    for line, event in zip(lines(written), ("by structlog", "by logging"), strict=True):
        assert line["event"] == event
        assert line["request_id"] == "r-1"
        assert line["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
        assert line["service"] == "notes"
        assert line["number"] in (1, 2)
        assert str(line["timestamp"]).endswith("Z")
        assert "org_id" not in line


def test_a_stack_is_written_without_the_values_of_variables(written: io.StringIO) -> None:
    password = "hunter2"
    try:
        raise RuntimeError("broke")
    except RuntimeError:
        logging.getLogger("x").exception("failed")
    (line,) = lines(written)
    assert "RuntimeError: broke" in str(line["exception"])
    assert password not in str(line["exception"]).replace('password = "hunter2"', "")


def test_what_json_cannot_say_is_written_as_text(written: io.StringIO) -> None:
    structlog.get_logger().info("odd", value={1: object(), "b": b"\xff"})
    assert lines(written)[0]["event"] == "odd"


def test_below_the_level_nothing_is_written(written: io.StringIO) -> None:
    structlog.get_logger().debug("quiet")
    logging.getLogger("x").debug("quiet")
    assert written.getvalue() == ""


def test_a_stream_that_is_gone_breaks_nothing(written: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: str) -> int:
        raise BrokenPipeError

    monkeypatch.setattr(written, "write", gone)
    structlog.get_logger().error("nobody reads this")
