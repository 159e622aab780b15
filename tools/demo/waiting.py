"""Waiting for what the platform does a moment later, in the background."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from demo.failure import DemoFailed

T = TypeVar("T")
PAUSE = 0.05


async def until(what: str, look: Callable[[], Awaitable[T | None]], *, seconds: float = 30, help: str) -> T:
    """What `look` finds, once it finds something. Raises DemoFailed naming `what` did not happen, and `help`."""
    deadline = time.monotonic() + seconds
    while (found := await look()) is None:
        if time.monotonic() > deadline:
            raise DemoFailed(f"{what} did not happen within {seconds:.0f} s: {help}")
        await asyncio.sleep(PAUSE)
    return found
