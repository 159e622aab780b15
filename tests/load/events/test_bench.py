"""The bench program works, on tiny counts and our side alone: the peers need packages that are not the product's."""

from pathlib import Path

import pytest

from tests.load import report
from tests.load.events import bench
from tests.load.events.contestants import OURS
from tests.load.events.turn import Sizes, Turn, take_turn
from tests.load.figures import percentile, rounded
from tests.load.machine import cpu_seconds
from tests.load.stand import Stand, commit_times


def test_a_turn_measures_every_event_of_each_phase(engines, tmp_path: Path) -> None:
    sizes = Sizes(warm_up=20, flood=60, paced_seconds=0.1, rates=(200, 400))
    with commit_times(engines):
        turn = take_turn(Stand(engines, tmp_path), OURS, sizes)
    assert turn.events_per_second > 0
    assert turn.programs_cpu > 0
    assert turn.p50.keys() == turn.p99.keys() == {200, 400}
    assert all(0 < turn.p50[rate] <= turn.p99[rate] for rate in sizes.rates)


def test_the_table_holds_medians_and_the_ratio() -> None:
    def turn(speed: float) -> Turn:
        return Turn(speed, 2.0, 1.0, {200: 3.0}, {200: 9.0}, 0.5)

    results = {OURS.name: [turn(900), turn(3000), turn(1000)], "peer": [turn(100), turn(200), turn(5000)]}
    rows = bench.figures(results, Sizes(flood=10_000, rates=(200,))).splitlines()
    assert rows[2] == "| ours | 1,000 | 1.0 | 3.00 / 9.00 | 200 | 100 |"
    assert rows[3] == "| peer | 200 | 5.0 | 3.00 / 9.00 | 200 | 100 |"


def test_a_section_replaces_its_own_and_leaves_the_others(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    report.write_section("one", "first", page)
    report.write_section("two", "second", page)
    report.write_section("one", r"again \1", page)
    text = page.read_text()
    assert text.index(r"again \1") < text.index("second")
    assert "first" not in text
    assert text.count("# Benchmarks") == 1


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.0, 1)])
def test_a_percentile_is_one_of_the_values(share: float, value: int) -> None:
    assert percentile(range(100, 0, -1), share) == value


@pytest.mark.parametrize(("value", "text"), [(0.123, "0.12"), (12.34, "12.3"), (456.7, "457"), (12345.0, "12,300")])
def test_figures_have_three_digits(value: float, text: str) -> None:
    assert rounded(value) == text


def test_processor_time_of_nobody_is_none() -> None:
    assert cpu_seconds([]) == 0
