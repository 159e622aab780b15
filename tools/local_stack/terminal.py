"""What `up` says while it works."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(text: str = "") -> None:
    """One line."""
    print(text, flush=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """`what …` at once, the seconds that pass (where somebody looks at a terminal), and how long it took."""
    started = time.monotonic()
    line = f"  {what} … "
    sys.stdout.write(line)
    sys.stdout.flush()
    done = threading.Event()
    ticker = threading.Thread(target=_tick, args=(line, started, done), daemon=True)
    if sys.stdout.isatty():
        ticker.start()
    ended = "failed"
    try:
        yield
        ended = f"{time.monotonic() - started:.1f} s"
    finally:
        done.set()
        if ticker.is_alive():
            ticker.join()
            sys.stdout.write(f"\r{line}")
        say(ended)


def _tick(line: str, started: float, done: threading.Event) -> None:
    while not done.wait(1):
        sys.stdout.write(f"\r{line}{time.monotonic() - started:.0f} s")
        sys.stdout.flush()
