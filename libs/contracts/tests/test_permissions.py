import pytest

from contracts.permissions import (
    ADMIN_ROLE_PERMISSIONS,
    DESCRIPTIONS,
    ROLE_PERMISSIONS,
    SERVICE_ACCOUNT_PERMISSIONS,
    AdminPermission,
    AdminRole,
    Permission,
    Role,
    permissions_of,
)


def test_every_role_has_its_row_in_the_matrix() -> None:
    assert set(ROLE_PERMISSIONS) == set(Role)


def test_the_owner_may_do_everything_that_people_may() -> None:
    assert permissions_of("owner") == set(Permission) - SERVICE_ACCOUNT_PERMISSIONS


def test_no_role_of_people_holds_what_only_service_accounts_may() -> None:
    assert not any(held & SERVICE_ACCOUNT_PERMISSIONS for held in ROLE_PERMISSIONS.values())


def test_every_permission_is_described() -> None:
    assert set(DESCRIPTIONS) == set(Permission)


def test_nobody_may_do_what_an_admin_may_not_except_the_owner() -> None:
    for role in (Role.BILLING_MANAGER, Role.MEMBER, Role.VIEWER):
        assert permissions_of(role) <= permissions_of(Role.OWNER)


def test_only_owner_and_admin_change_the_team() -> None:
    changing = {
        Permission.MEMBERS_REMOVE,
        Permission.MEMBERS_UPDATE_ROLE,
        Permission.INVITATIONS_CREATE,
        Permission.INVITATIONS_REVOKE,
        Permission.ORGANIZATION_UPDATE,
        Permission.ROLES_UPDATE,
        Permission.API_KEYS_UPDATE,
        Permission.SERVICE_ACCOUNTS_UPDATE,
    }
    assert {role for role in Role if changing & permissions_of(role)} == {Role.OWNER, Role.ADMIN}


def test_an_unknown_role_has_no_permissions_at_all() -> None:
    with pytest.raises(ValueError, match="superuser"):
        permissions_of("superuser")


def test_only_owner_and_billing_manager_change_what_is_paid() -> None:
    assert {role for role in Role if Permission.BILLING_UPDATE in permissions_of(role)} == {
        Role.OWNER,
        Role.BILLING_MANAGER,
    }


def test_every_role_of_our_staff_has_its_row_and_the_superadmin_may_do_everything() -> None:
    assert set(ADMIN_ROLE_PERMISSIONS) == set(AdminRole)
    assert ADMIN_ROLE_PERMISSIONS[AdminRole.SUPERADMIN] == set(AdminPermission)


def test_no_permission_of_staff_is_one_of_customers() -> None:
    assert not {permission.value for permission in AdminPermission} & {permission.value for permission in Permission}
