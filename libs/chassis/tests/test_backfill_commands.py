import argparse
import io
from datetime import UTC, datetime, timedelta, timezone

import pytest

from chassis import backfill_commands
from chassis.backfill_commands import Progress


def arguments(*line: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    backfill_commands.add_replay_arguments(parser)
    return parser.parse_args(["--to", "late", *line])


def test_a_short_run_says_nothing_on_the_way_and_a_long_one_every_two_seconds() -> None:
    now, stream = [100.0], io.StringIO()
    progress = Progress(1000, stream, clock=lambda: now[0])
    for _ in range(5):
        now[0] += 0.5
        progress.add(["thing.changed"] * 100)
    assert stream.getvalue() == "400 of about 1000, 200/s\n"
    for _ in range(7):
        now[0] += 0.5
        progress.add(["thing.changed"] * 100)
    assert stream.getvalue().splitlines()[1:] == ["800 of about 1000, 200/s", "1200 of about 1200, 200/s"]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-23T08:00:00Z", datetime(2026, 11, 23, 8, tzinfo=UTC)),
        ("2026-11-23T08:00:00", datetime(2026, 11, 23, 8, tzinfo=UTC)),
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026-11-23T08:00:00+02:00", datetime(2026, 11, 23, 8, tzinfo=timezone(timedelta(hours=2)))),
    ],
)
def test_a_time_without_a_zone_is_utc(text: str, instant: datetime) -> None:
    assert arguments("--since", text).since == instant


def test_what_is_no_time_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        arguments("--since", "yesterday")
    assert "'yesterday' is no time such as 2026-11-23T08:00:00Z" in capsys.readouterr().err
