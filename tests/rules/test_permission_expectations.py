"""The declared access of every public endpoint is the one that somebody wrote down apart from the code."""

from collections.abc import Iterator
from importlib import import_module

import pytest

from chassis.openapi import openapi_document
from chassis.routes import Access, Route
from contracts.permissions import Permission
from tests.integration.permission_expectations import EXPECTED, WHILE_SUSPENDED

SERVICES = ("teams", "notifier", "billing", "analytics", "admin")


def declared() -> dict[tuple[str, str], str]:
    """Of all services, without what only our own staff reaches."""
    found = {}
    for service in SERVICES:
        document = openapi_document(service, import_module(f"{service}.app").SERVICE.routes)
        for path, item in document["paths"].items():
            for method, operation in item.items():
                if not path.startswith("/admin/"):
                    found[method.upper(), path] = operation.get("x-permission") or operation["x-access"]
    return found


def test_every_endpoint_has_an_expectation_and_every_expectation_its_endpoint() -> None:
    """A new endpoint, a removed one or another permission fails here until `permission_expectations.py` says it too."""
    assert declared() == EXPECTED


def routes() -> Iterator[Route]:
    for service in SERVICES:
        for group in import_module(f"{service}.app").SERVICE.routes:
            yield from group.routes


def test_what_answers_while_an_organization_is_suspended_is_expected_to() -> None:
    """An endpoint that is let through for a suspended organization fails here until somebody wrote that down."""
    customers = [one for one in routes() if not one.for_staff and one.access not in (Access.PUBLIC, Access.INTERNAL)]
    assert {(one.method, one.path) for one in customers if one.while_suspended} == WHILE_SUSPENDED


@pytest.mark.parametrize("permission", sorted(set(EXPECTED.values()) - {"public", "signed_in"}))
def test_every_expected_permission_is_one_of_the_matrix(permission: str) -> None:
    """A misspelt permission would be held by nobody, and its endpoint be closed to all."""
    assert permission in set(Permission)


def test_every_permission_of_the_matrix_opens_something() -> None:
    """One that no endpoint asks for misleads whoever makes a role; those asked for elsewhere are named here."""
    asked_elsewhere = {
        Permission.MEMBERS_REMOVE: "DELETE /v1/members/{user_id} asks for it unless one leaves",
        Permission.AGENT_EVENTS_WRITE: "POST /v1/events asks for it where an event is named agent.*",
    }
    assert set(Permission) - set(EXPECTED.values()) == set(asked_elsewhere)
