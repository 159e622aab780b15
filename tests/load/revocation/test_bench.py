"""The bench program works, on one round of one ending; the table holds medians and the worst."""

import asyncio

import pytest

from tests.integration.revoking import ENDINGS
from tests.load.revocation import bench
from tests.load.revocation.bench import PLACES, Measured


@pytest.mark.long
async def test_a_round_measures_every_place() -> None:
    (one,) = await asyncio.to_thread(bench.measure, 1, ["session"])
    assert one.last.keys() == set(PLACES)
    assert all(-1_000 < milliseconds < 30_000 for milliseconds in one.last.values())
    assert one.asked >= 8 * (bench.WARM + bench.AFTER)


def test_the_table_holds_medians_and_the_worst() -> None:
    def turn(ending: str, milliseconds: float) -> Measured:
        return Measured(ending, dict.fromkeys(PLACES, milliseconds), 100)

    results = [turn(ending, milliseconds) for ending in ENDINGS for milliseconds in (3.0, 20.0, 5.0)]
    rows = bench.figures(results).splitlines()
    assert len(rows) == 2 + len(ENDINGS)
    assert rows[2] == "| role change | 5.00 / 20.0 | 5.00 / 20.0 | 5.00 / 20.0 | 5.00 / 20.0 | 100 |"
