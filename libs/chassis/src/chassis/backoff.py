"""Attempts that slow down after failures in a row: a door stays shut for a while, an account is never locked.

A door is a hash (`door_of`), so the table names nobody: `door bytea, failures integer, blocked_until timestamptz,
attempted_at timestamptz`. Several kinds of doors share a table.
"""
# ruff: noqa: S608 - the table's name is the service's own literal

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.database import Tx
from chassis.problems import TooManyRequests

FORGOTTEN_AFTER = timedelta(hours=24)


def door_of(kind: str, *parts: str) -> bytes:
    """The key under which failures of one kind count: a SHA-256 of what they have in common, whatever its case."""
    return hashlib.sha256("\0".join((kind, *(part.lower() for part in parts))).encode()).digest()


@dataclass(frozen=True)
class Backoff:
    """So many failures are free, then the wait doubles from `first_wait` up to `longest_wait`."""

    table: str
    free: int
    first_wait: timedelta = timedelta(seconds=2)
    longest_wait: timedelta = timedelta(minutes=15)

    def wait_after(self, failures: int) -> timedelta:
        """How long the door stays shut after so many failures in a row."""
        if failures < self.free:
            return timedelta(0)
        return min(self.first_wait * (1 << min(failures - self.free, 20)), self.longest_wait)

    async def count(self, tx: Tx, door: bytes) -> None:
        """Count an attempt before it is judged, so that a hundred guesses at once count as a hundred.

        The door's row is locked. Raises TooManyRequests (with Retry-After) while the door is shut.
        """
        row = await tx.fetchrow(
            f"INSERT INTO {self.table} (door, failures, attempted_at) VALUES ($1, 0, $2)"
            " ON CONFLICT (door) DO UPDATE SET door = excluded.door RETURNING failures, blocked_until, attempted_at",
            door,
            tx.now,
        )
        if row is None:
            raise LookupError("an upsert returned nothing")
        _check_open(row["blocked_until"], tx.now)
        forgotten = tx.now - row["attempted_at"] > FORGOTTEN_AFTER
        failures = 1 if forgotten else row["failures"] + 1
        wait = self.wait_after(failures)
        # No wait, no instant: an honest attempt of the same moment began earlier and would find it in its future.
        await tx.execute(
            f"UPDATE {self.table} SET failures = $2, blocked_until = $3, attempted_at = $4 WHERE door = $1",
            door,
            failures,
            tx.now + wait if wait else None,
            tx.now,
        )

    async def check(self, tx: Tx, door: bytes) -> None:
        """Count nothing: for what is counted only once it was refused. Raises TooManyRequests while it is shut."""
        _check_open(await tx.fetchval(f"SELECT blocked_until FROM {self.table} WHERE door = $1", door), tx.now)

    async def forgive(self, tx: Tx, door: bytes) -> None:
        """The right thing was given: this door's failures are forgotten."""
        await tx.execute(f"DELETE FROM {self.table} WHERE door = $1", door)

    async def take_back(self, tx: Tx, door: bytes) -> None:
        """The counted attempt was none to hold against anybody; failures before it still count."""
        await tx.execute(
            f"UPDATE {self.table} SET failures = greatest(failures - 1, 0), blocked_until = NULL WHERE door = $1", door
        )

    async def forget_old(self, tx: Tx) -> int:
        """Delete all of the table's doors that nobody tried for a day; returns how many."""
        return await tx.execute(f"DELETE FROM {self.table} WHERE attempted_at < $1", tx.now - FORGOTTEN_AFTER)


def _check_open(blocked_until: datetime | None, now: datetime) -> None:
    if blocked_until is None or blocked_until <= now:
        return
    seconds = int((blocked_until - now).total_seconds()) + 1
    raise TooManyRequests(
        "too_many_attempts",
        f"Too many failed attempts: try again in {seconds} s.",
        headers={"Retry-After": str(seconds)},
    )
