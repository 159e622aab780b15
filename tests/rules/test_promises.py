"""The ledger of features and the failure table name tests; the tests must exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEST = re.compile(r"`((?:libs|services|tools|tests|web)/[\w./-]+?\.(?:py|ts|tsx))(?:::(\w+))?`")
STATES = {"works", "partly", "not yet"}


def named_tests(page: Path) -> list[tuple[str, str]]:
    return TEST.findall(page.read_text())


@pytest.mark.parametrize("name", ["docs/features.md", "docs/failure-table.md"])
def test_the_tests_a_page_names_exist(name: str) -> None:
    named = named_tests(ROOT / name)
    assert named, f"{name} names no test"
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not (ROOT / file).is_file() or (test and f"def {test}(" not in (ROOT / file).read_text())
    ]
    assert missing == []


def rows(page: Path) -> list[list[str]]:
    lines = [line for line in page.read_text().splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if not set("".join(row)) <= {"-", ":", " "} and row[1] != "state"]


def test_each_promise_has_a_state_and_a_kept_one_has_a_test() -> None:
    for row in rows(ROOT / "docs/features.md"):
        assert row[1] in STATES, row
        assert row[1] != "works" or TEST.search(row[2]), f"works, but no test is named: {row[0]}"


def test_each_row_of_the_failure_table_names_its_test() -> None:
    for line in (ROOT / "docs/failure-table.md").read_text().splitlines():
        if line.startswith("|") and not line.startswith(("|-", "| ---", "| what dies")):
            assert TEST.search(line), line


def test_each_point_of_the_failure_table_is_in_the_code() -> None:
    text = (ROOT / "docs/failure-table.md").read_text()
    code = "\n".join(path.read_text() for path in (ROOT / "libs/chassis/src").rglob("*.py"))
    points = set(re.findall(r"`((?:outbox|relay|consumer|retry|backfill)\.[a-z_]+)`", text))
    assert points
    assert [point for point in sorted(points) if f'"{point}"' not in code] == []
