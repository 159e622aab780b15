"""Argon2id, in threads of its own, so that hashing holds up neither the event loop nor other blocking work."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

R = TypeVar("R")

MEMORY_KIB = 19_456
PASSES = 2
LANES = 1
"""OWASP Password Storage Cheat Sheet, first Argon2id choice: 19 MiB, 2 passes, 1 lane."""


@dataclass(frozen=True)
class Verdict:
    """Whether the password fits; `new_hash` is set when the stored one is of weaker parameters than today's."""

    correct: bool
    new_hash: str | None = None


class Passwords:
    """Hashes and verifies. A fixed number at once: a flood of sign-ins waits in line instead of eating all memory."""

    def __init__(self, *, threads: int = 2, memory_kib: int = MEMORY_KIB) -> None:
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=memory_kib, parallelism=LANES)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._nobodys = self._hasher.hash("nobody has this password")

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def hash(self, password: str) -> str:
        """The stored form of a password, with its salt and parameters."""
        return await self._in_thread(lambda: self._hasher.hash(password))

    async def verify(self, stored: str | None, password: str) -> Verdict:
        """Compare with a stored hash. Without one (nobody has this address) it takes as long and says no."""
        return await self._in_thread(lambda: self._verify(stored, password))

    def _verify(self, stored: str | None, password: str) -> Verdict:
        try:
            self._hasher.verify(stored or self._nobodys, password)
        except VerificationError:
            return Verdict(correct=False)
        if stored is None:
            return Verdict(correct=False)
        weak = self._hasher.check_needs_rehash(stored)
        return Verdict(correct=True, new_hash=self._hasher.hash(password) if weak else None)

    async def _in_thread(self, work: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
