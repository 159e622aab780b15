"""Method and path to a service."""

from collections.abc import Callable
from typing import Any

import pytest

from chassis.problems import NotFound
from chassis.settings import StartRefused
from gateway.routes import MethodNotAllowed, Route, RouteTable, needs_token, routes_of

Make = Callable[..., dict[str, Any]]


def route(method: str, template: str, service: str = "teams") -> Route:
    return Route(service=service, method=method, template=template, needs_token=False)


TABLE = RouteTable(
    [
        route("GET", "/v1/members"),
        route("PATCH", "/v1/members/{user_id}"),
        route("GET", "/v1/notifications/{id}", "notifier"),
        route("POST", "/v1/notifications/{id}/read", "notifier"),
        route("POST", "/v1/notifications/read-all", "notifier"),
        route("GET", "/v1/{any}/deep/leaf", "analytics"),
        route("GET", "/v1/members/deep/other", "billing"),
    ]
)


@pytest.mark.parametrize(
    ("method", "path", "template", "service"),
    [
        ("GET", "/v1/members", "/v1/members", "teams"),
        ("HEAD", "/v1/members", "/v1/members", "teams"),
        ("PATCH", "/v1/members/7", "/v1/members/{user_id}", "teams"),
        ("POST", "/v1/notifications/read-all", "/v1/notifications/read-all", "notifier"),
        ("POST", "/v1/notifications/x/read", "/v1/notifications/{id}/read", "notifier"),
        ("GET", "/v1/members/deep/other", "/v1/members/deep/other", "billing"),
        ("GET", "/v1/members/deep/leaf", "/v1/{any}/deep/leaf", "analytics"),
    ],
)
def test_a_path_finds_its_route(method: str, path: str, template: str, service: str) -> None:
    found = TABLE.match(method, path)
    assert (found.template, found.service) == (template, service)


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/members/", "/v1/members/7/x", "/v1/notifications//read", "/", "/v1/Members"]
)
def test_an_unknown_path_is_not_found(path: str) -> None:
    with pytest.raises(NotFound):
        TABLE.match("GET", path)


def test_a_wrong_method_names_the_right_ones() -> None:
    with pytest.raises(MethodNotAllowed) as refused:
        TABLE.match("DELETE", "/v1/members")
    assert refused.value.headers == {"Allow": "GET, HEAD, OPTIONS"}


def test_one_operation_has_one_service() -> None:
    with pytest.raises(StartRefused, match=r"teams and billing both answer GET /v1/a/\{y\}"):
        RouteTable([route("GET", "/v1/a/{x}"), route("GET", "/v1/a/{y}", "billing")])


def test_a_parameter_is_a_whole_segment() -> None:
    with pytest.raises(StartRefused, match="whole segment"):
        RouteTable([route("GET", "/v1/a/{x}.pdf")])


def test_what_is_internal_is_no_route(make_document: Make, make_operation: Make) -> None:
    paths = {
        path: {"get": make_operation()}
        for path in ("/internal/v1/revocations", "/health/live", "/metrics", "/docs", "/openapi.json", "/v1/me")
    }
    assert [found.template for found in routes_of("teams", make_document(paths))] == ["/v1/me"]


def test_who_may_call_is_read_from_the_document(make_document: Make, make_operation: Make) -> None:
    described = make_document(
        {
            "/v1/own": {"get": make_operation(token=True, **{"x-permission": "members.read", "x-max-body": 10})},
            "/v1/inherited": {"get": make_operation()},
            "/v1/open": {"get": make_operation(security=[])},
        }
    ) | {"security": [{"bearer": []}]}
    own, inherited, public = routes_of("teams", described)
    assert (own.needs_token, own.permission, own.max_body) == (True, "members.read", 10)
    assert inherited.needs_token
    assert not public.needs_token


def test_an_empty_alternative_means_that_nobody_may_call_too() -> None:
    assert needs_token([{"bearer": []}, {"key": []}])
    assert not needs_token([{"bearer": []}, {}])
    assert not needs_token([])


@pytest.mark.parametrize(
    ("path", "scheme", "checked"),
    [
        ("/admin/v1/customers", "adminBearer", False),
        ("/admin/v1/customers", "bearer", True),
        ("/v1/customers", "adminBearer", True),
        ("/v1/customers", "bearer", True),
    ],
)
def test_a_staff_members_token_is_left_to_the_admin_service(
    make_document: Make, make_operation: Make, path: str, scheme: str, checked: bool
) -> None:
    document = make_document({path: {"get": make_operation() | {"security": [{scheme: []}]}}})
    (found,) = routes_of("admin", document)
    assert found.needs_token is checked
