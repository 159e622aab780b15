"""Every route of the operations platform against every role; and that each access leaves its line."""

import pytest

from admin.api import ROUTES
from chassis.web import Access
from contracts.ids import new_id
from contracts.permissions import AdminPermission, AdminRole, admin_permissions_of

DECLARED = [route for group in ROUTES for route in group.routes]
GUARDED = [route for route in DECLARED if isinstance(route.access, AdminPermission)]
BODIES = {
    "admin_replay_dead_letters": {"dry_run": True},
    "admin_discard_dead_letters": {"reason": "a test's own"},
}


def path_of(route) -> str:
    return (
        route.path.replace("{organization_id}", str(new_id()))
        .replace("{message_id}", str(new_id()))
        .replace("{subject_id}", str(new_id()))
        .replace("{service}", "teams")
    )


def test_what_needs_no_permission_is_signing_in_and_the_keys() -> None:
    assert {route.path for route in DECLARED if route.access is Access.PUBLIC} == {
        "/admin/v1/auth/login",
        "/admin/v1/auth/totp",
        "/admin/v1/auth/refresh",
        "/admin/v1/auth/logout",
        "/admin/v1/jwks.json",
    }
    assert [route.path for route in DECLARED if route.access is Access.STAFF] == ["/admin/v1/auth/me"]
    assert all(route.path.startswith("/admin/v1/") for route in DECLARED)


@pytest.mark.parametrize("role", AdminRole)
async def test_a_route_opens_for_the_roles_of_the_matrix_only(admin, role) -> None:
    person = await admin.colleague(role)
    for route in GUARDED:
        answer = await admin.call(route.method, path_of(route), BODIES.get(route.name), token=person.token)
        allowed = route.access in admin_permissions_of(role)
        assert (answer.status == 403) is not allowed, (route.path, role, answer.body)
        if not allowed:
            assert answer.code == "permission_denied"
            assert route.access.value in answer.body["detail"]


async def test_what_a_role_was_refused_is_put_down(admin) -> None:
    person = await admin.colleague(AdminRole.SUPPORT)
    answer = await admin.call("GET", "/admin/v1/audit", token=person.token, X_Request_Id="a-refused-request")
    assert answer.status == 403
    (row,) = await admin.rows(actor=person.actor, action="access.refused")
    assert (row["target"], row["request_id"]) == ("audit:read", "a-refused-request")
    assert row["details"] == {"address": "127.0.0.1", "path": "/admin/v1/audit"}


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: route.name)
async def test_without_a_token_nothing_opens(admin, route) -> None:
    answer = await admin.call(route.method, path_of(route), BODIES.get(route.name))
    assert (answer.status, answer.code) == (401, "authentication_required")


READS = [route for route in GUARDED if "deadletters" not in route.path]


@pytest.mark.parametrize("route", READS, ids=lambda route: route.name)
async def test_every_read_of_the_platform_is_put_down(admin, route) -> None:
    person = await admin.colleague()
    before = await admin.rows(actor=person.actor)
    answer = await admin.call(route.method, path_of(route), token=person.token, X_Request_Id="the-reading-request")
    after = await admin.rows(actor=person.actor)
    assert answer.status in (200, 404)
    assert [row["request_id"] for row in after[len(before) :]] == ["the-reading-request"]
