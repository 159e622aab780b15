"""How the story looks in the terminal."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_BOLD, _QUIET, _GOOD, _END = "\033[1m", "\033[2m", "\033[32m", "\033[0m"


class Narrator:
    """Prints steps with their time; colours only where somebody looks at a terminal that wants them."""

    def __init__(self) -> None:
        self._coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._steps = 0

    def title(self, text: str) -> None:
        """The story's name."""
        print(f"\n{self._in(_BOLD, text)}\n", flush=True)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """A numbered step: the sentence, and the milliseconds it took once it has happened."""
        self._steps += 1
        label = f"{self._steps:2}. {text}"
        if self._coloured:
            print(f"    {label}", end="", flush=True)
        started = time.perf_counter()
        yield
        took = (time.perf_counter() - started) * 1000
        start = "\r" if self._coloured else ""
        print(f"{start}{self._in(_GOOD, '  ✓ ')}{label:<74} {self._in(_QUIET, f'{took:7.0f} ms')}", flush=True)

    def answer(self, text: str) -> None:
        """What the platform really answered."""
        print(self._in(_QUIET, f"         {text}"), flush=True)

    def _in(self, style: str, text: str) -> str:
        return f"{style}{text}{_END}" if self._coloured else text
