from datetime import UTC, datetime
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.problems import Conflict, Forbidden, Invalid
from contracts.permissions import ROLE_PERMISSIONS, SERVICE_ACCOUNT_PERMISSIONS, Permission, Role
from teams.domain.api_keys import permissions_of_key
from teams.domain.roles import (
    CustomRole,
    HeldRole,
    built_in,
    check_may_grant,
    check_may_touch,
    check_role_count,
    clean_role_name,
    custom_ids,
    held,
)

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
permission_sets = st.frozensets(st.sampled_from([permission.value for permission in Permission]))
built_in_roles = st.sampled_from(list(Role))


def own(permissions: frozenset[str], number: int = 7) -> HeldRole:
    role = CustomRole(
        id=UUID(int=number),
        org_id=UUID(int=1),
        name="Recruiter",
        description="",
        permissions=permissions,
        tokens_not_before=None,
        created_by=UUID(int=2),
        created_at=NOW,
        changed_at=NOW,
        deleted_at=None,
        version=3,
    )
    return held(role)


def known(role: Role) -> HeldRole:
    found = built_in(role.value)
    assert found is not None
    return found


roles = st.one_of(built_in_roles.map(known), permission_sets.map(own))


def grants(actor: HeldRole, role: HeldRole) -> bool:
    try:
        check_may_grant(actor.permissions, role.permissions)
    except Forbidden:
        return False
    return True


def touches(actor: HeldRole, target: HeldRole) -> bool:
    try:
        check_may_touch(actor, actor.permissions, target)
    except Forbidden:
        return False
    return True


@given(built_in_roles)
def test_an_owner_may_grant_every_role_and_everybody_their_own(role: Role) -> None:
    assert grants(known(Role.OWNER), known(role))
    assert grants(known(role), known(role))


def test_who_does_not_look_after_the_bills_names_nobody_who_does() -> None:
    assert not grants(known(Role.ADMIN), known(Role.BILLING_MANAGER))
    assert not grants(known(Role.ADMIN), known(Role.OWNER))
    assert grants(known(Role.ADMIN), known(Role.MEMBER))


@given(roles, st.lists(roles, min_size=1, max_size=4))
def test_no_chain_of_grants_lifts_anybody_above_where_it_began(first: HeldRole, chain: list[HeldRole]) -> None:
    """Self-escalation: whoever was granted a role grants, or makes, the next one."""
    for giver, given_role in pairwise([first, *chain]):
        if not grants(giver, given_role):
            return
    assert chain[-1].permissions <= first.permissions


@given(built_in_roles, built_in_roles, built_in_roles)
def test_between_built_in_roles_rank_is_an_order(one: Role, two: Role, three: Role) -> None:
    first, second, third = known(one), known(two), known(three)
    assert touches(first, second) or touches(second, first)
    if touches(first, second) and touches(second, third):
        assert touches(first, third)


@given(permission_sets, roles)
def test_a_custom_role_touches_nobody_who_may_do_what_it_may_not(permissions: frozenset[str], target: HeldRole) -> None:
    actor = own(permissions)
    if touches(actor, target):
        assert target.permissions <= permissions
        assert target.key != Role.OWNER


def test_nobody_but_an_owner_touches_an_owner() -> None:
    everything = own(frozenset(ROLE_PERMISSIONS[Role.OWNER]))
    assert touches(known(Role.OWNER), known(Role.OWNER))
    assert not touches(known(Role.ADMIN), known(Role.OWNER))
    assert not touches(everything, known(Role.OWNER))


@given(permission_sets, permission_sets, st.one_of(st.none(), permission_sets))
def test_a_key_never_may_more_than_who_is_behind_it(
    scope: frozenset[str], behind: frozenset[str], account: frozenset[str] | None
) -> None:
    may = permissions_of_key(scope, behind, account)
    assert may <= scope
    assert may - SERVICE_ACCOUNT_PERMISSIONS <= behind
    if account is not None:
        assert may - SERVICE_ACCOUNT_PERMISSIONS <= account


def test_an_unscoped_key_of_a_service_account_reports_runs_of_agents() -> None:
    may = permissions_of_key(None, frozenset(ROLE_PERMISSIONS[Role.OWNER]), frozenset(ROLE_PERMISSIONS[Role.MEMBER]))
    assert may == ROLE_PERMISSIONS[Role.MEMBER] | SERVICE_ACCOUNT_PERMISSIONS


def test_custom_ids_names_each_once_and_no_built_in_role() -> None:
    one = own(frozenset(), 7)
    assert custom_ids([known(Role.OWNER), one, own(frozenset(), 8), one]) == (UUID(int=7), UUID(int=8))


@pytest.mark.parametrize("name", ["owner", "Billing Manager", "billing_manager", "", "x" * 61])
def test_names_that_no_role_of_ones_own_may_have(name: str) -> None:
    with pytest.raises(Invalid):
        clean_role_name(name)


def test_an_organization_has_fifty_roles_of_its_own_at_most() -> None:
    check_role_count(49)
    with pytest.raises(Conflict):
        check_role_count(50)
