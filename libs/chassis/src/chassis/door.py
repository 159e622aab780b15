"""The HTTP door to a transaction: opened under the caller's organization, with the idempotency key kept in it."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar

from chassis.database import Context, Database, Tx
from chassis.failures import describe, is_transient
from chassis.problems import Unavailable

log = logging.getLogger(__name__)

R = TypeVar("R")


class Recorder(Protocol):
    """Keeps the answer to an idempotency key in the transaction of the write (`chassis.idempotency`)."""

    async def begin(self, tx: Tx) -> None:
        """Take the key. Raises Replayed, Conflict (in use) or Invalid (other body)."""
        ...

    async def finish(self, tx: Tx, answer: Any) -> None:
        """Store the answer beside the write."""
        ...


class Door:
    """For handlers that must do something outside a transaction first (hash a password, call a vendor).

    What `write`'s function returns is the answer a replay of the idempotency key gets again, so the handler returns
    exactly that object.
    """

    def __init__(self, database: Database, context: Context, recorder: Recorder | None = None) -> None:
        self._database = database
        self._recorder = recorder
        self.context = context
        self.answer: Any = None
        self.answered = False

    async def write(self, change: Callable[[Tx], Awaitable[R]]) -> R:
        """Run in one transaction together with the idempotency key. At most once a request where a key may come."""
        if self._recorder is not None and self.answered:
            raise RuntimeError("an idempotent handler writes once: what it returns is stored with that write")
        async with self._transaction() as tx:
            if self._recorder is not None:
                await self._recorder.begin(tx)
            result = await change(tx)
            if self._recorder is not None:
                await self._recorder.finish(tx, result)
        self.answer, self.answered = result, True
        return result

    async def apart(self, change: Callable[[Tx], Awaitable[R]]) -> R:
        """Run in a transaction of its own that keeps no key: for what stays although the request is refused."""
        async with self._transaction() as tx:
            return await change(tx)

    async def read(self, query: Callable[[Tx], Awaitable[R]]) -> R:
        """Run in one transaction that keeps no key."""
        async with self._transaction() as tx:
            return await query(tx)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Tx]:
        """Raises Unavailable when Postgres is away, full or broke the transaction off: trying again may help."""
        try:
            async with self._database.transaction(self.context) as tx:
                yield tx
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("the database is not available", extra={"reason": describe(error).group})
            raise Unavailable(
                "database_unavailable", "Storage is not available right now; try again.", headers={"Retry-After": "2"}
            ) from error
