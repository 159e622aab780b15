"""Which errors pass by themselves, and how an error is put down without quoting what must not be quoted."""

import re
from dataclasses import dataclass
from pathlib import PurePath
from traceback import extract_tb

import aiormq
import asyncpg
from asyncpg import exceptions as pg
from pydantic import ValidationError

from chassis.inbox import reasons

LONGEST_ERROR = 1000

_PASSING = (
    pg.PostgresConnectionError,
    pg.LockNotAvailableError,
    pg.DeadlockDetectedError,
    pg.SerializationError,
    pg.TooManyConnectionsError,
    pg.OperatorInterventionError,
    pg.InsufficientResourcesError,
    pg.IdleInTransactionSessionTimeoutError,
    pg.ReadOnlySQLTransactionError,
    aiormq.exceptions.AMQPError,
)
_OF_A_FILE = (FileNotFoundError, FileExistsError, PermissionError, IsADirectoryError, NotADirectoryError)
_VARYING = re.compile(
    r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|0x[0-9a-f]+|\d+|'[^']*'|\"[^\"]*\"", re.IGNORECASE
)


def is_transient(error: BaseException, *, in_handler: bool = False) -> bool:
    """Whether the same step may well succeed in a moment: a server is away, a lock was not got, a deadlock was broken.

    A handler that misses a file is wrong, not unlucky; at a door a missing file is the server's absent socket.
    """
    if in_handler and isinstance(error, _OF_A_FILE):
        return False
    if isinstance(error, asyncpg.InternalClientError):
        return "in progress" in str(error)  # the connection's last operation was cut short by a server that went away
    if isinstance(error, asyncpg.InterfaceError):
        return "clos" in str(error)  # asyncpg's one class for a lost connection and for a misuse of its own interface
    return isinstance(error, (*_PASSING, OSError))


@dataclass(frozen=True)
class Description:
    """An error's text, and the group of like errors it belongs to (type and first line, without what varies)."""

    text: str
    group: str


def describe(error: BaseException, *, secret: bool = False) -> Description:
    """Put an error down. With `secret` nothing of its message is kept, only its type and where it was raised."""
    name = type(error).__qualname__
    if secret:
        text = f"{name} at {_where(error)}"
        return Description(text, text)
    said = reasons(error) if isinstance(error, ValidationError) else str(error)
    first_line = storable(said.partition("\n")[0][:LONGEST_ERROR])
    return Description(f"{name}: {first_line}", f"{name}: {_VARYING.sub('…', first_line)}"[:LONGEST_ERROR])


def storable(text: str) -> str:
    """The text without what Postgres cannot hold (NUL, lone surrogates), so that every message can be stored."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def _where(error: BaseException) -> str:
    frames = extract_tb(error.__traceback__)
    return f"{PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
