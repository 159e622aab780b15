"""All take turns: what a machine does beside it, it does to all of them."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from tests.load.figures import middle


class Named(Protocol):
    """Whoever takes part."""

    @property
    def name(self) -> str: ...


C = TypeVar("C", bound=Named)
T = TypeVar("T")


def take_turns(
    rounds: int, contestants: Sequence[C], take_turn: Callable[[C], T], in_a_line: Callable[[T], str]
) -> dict[str, list[T]]:
    """By name, a turn a round; what each turn showed is said at once."""
    results: dict[str, list[T]] = {contestant.name: [] for contestant in contestants}
    for number in range(1, rounds + 1):
        for contestant in contestants:
            turn = take_turn(contestant)
            results[contestant.name].append(turn)
            print(f"round {number}, {contestant.name}: {in_a_line(turn)}", flush=True)
    return results


def median(turns: Sequence[T], of: Callable[[T], float]) -> float:
    """Of the rounds."""
    return middle([of(turn) for turn in turns])
