"""What comes out of a measurement, and how rounds become one figure."""

from collections.abc import Sequence
from math import ceil
from statistics import median


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0…1) of the values do not exceed: an actual value, never one in between."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def middle(values: Sequence[float]) -> float:
    """The median of the rounds."""
    return median(values)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are figures."""
    ruler = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ruler, *rows])


def rounded(value: float) -> str:
    """Three significant digits, thousands apart: no more than a noisy machine can say."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{round(value, 3 - len(str(int(value)))):,.{digits}f}"
