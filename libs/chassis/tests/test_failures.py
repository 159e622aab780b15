"""Errors that pass by themselves, and errors put down in words."""

import asyncpg
import pytest

from chassis.failures import describe, is_transient

PASSING = [
    ConnectionResetError("gone"),
    TimeoutError(),
    OSError("no route to host"),
    asyncpg.DeadlockDetectedError("deadlock detected"),
    asyncpg.SerializationError("could not serialize"),
    asyncpg.LockNotAvailableError("lock timeout"),
    asyncpg.TooManyConnectionsError("too many clients"),
    asyncpg.AdminShutdownError("terminating connection"),
    asyncpg.CannotConnectNowError("the database system is starting up"),
    asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress"),
]
LASTING = [
    ValueError("no"),
    KeyError("no"),
    asyncpg.UniqueViolationError("duplicate key"),
    asyncpg.UndefinedTableError("relation does not exist"),
    asyncpg.InternalClientError("no binary format encoder for type jsonb (OID 3802)"),
    asyncpg.InterfaceError("the server expects 2 arguments for this query, 1 was passed"),
]


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_what_passes_by_itself_is_transient(error: Exception) -> None:
    assert is_transient(error)
    assert is_transient(error, in_handler=True)


@pytest.mark.parametrize("error", LASTING, ids=repr)
def test_what_is_wrong_is_not(error: Exception) -> None:
    assert not is_transient(error)


def test_a_missing_file_is_the_handlers_mistake_but_a_missing_socket_is_a_server_that_is_away() -> None:
    assert is_transient(FileNotFoundError("/run/postgresql/.s.PGSQL.5432"))
    assert not is_transient(FileNotFoundError("template.html"), in_handler=True)


def test_like_errors_fall_into_one_group() -> None:
    first = describe(ValueError("member 0190a1b2-0000-7000-8000-000000000001 has 3 seats in 'Acme'\nsecond line"))
    second = describe(ValueError("member 0190a1b2-ffff-7000-8000-000000000002 has 14 seats in 'Bolt'"))
    assert first.group == second.group == "ValueError: member … has … seats in …"
    assert "second line" not in first.text


def test_a_secret_error_keeps_its_type_and_place_alone() -> None:
    try:
        raise ValueError("the token is hunter2")
    except ValueError as error:
        described = describe(error, secret=True)
    assert described.text.startswith("ValueError at test_failures.py:")
    assert "hunter2" not in described.text + described.group
