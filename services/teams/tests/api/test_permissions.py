from typing import Any

import pytest


async def explain(teams: Any, by: Any, permission: str) -> Any:
    return await teams.call("GET", f"/v1/permissions/explain?permission={permission}", token=by.token)


async def test_what_one_may_do_names_the_role_that_lets_one(teams: Any) -> None:
    ada = await teams.register()
    answer = await explain(teams, ada, "billing:update")
    assert (answer.body["allowed"], answer.body["role"]) == (True, {"role": "owner", "name": "Owner"})
    assert answer.body["rule"] == "Your role Owner holds billing:update."


async def test_what_one_may_not_do_names_who_could_let_one(teams: Any) -> None:
    ada = await teams.register()
    admin, viewer = await teams.add_member(ada, "admin"), await teams.add_member(ada, "viewer")

    refused = (await explain(teams, viewer, "billing:update")).body
    possible = (await explain(teams, viewer, "events:write")).body

    assert (refused["allowed"], refused["rule"]) == (False, "Your role Viewer does not hold billing:update.")
    assert [role["role"] for role in refused["held_by"]] == ["owner", "billing_manager"]
    assert [person["user_id"] for person in refused["granted_by"]] == [str(ada.user_id)]
    assert [person["user_id"] for person in possible["granted_by"]] == [str(ada.user_id), str(admin.user_id)]


async def test_a_custom_role_that_holds_it_is_named_too(teams: Any) -> None:
    ada = await teams.register()
    body = {"name": "Payer", "permissions": ["billing:update"]}
    role = await teams.call("POST", "/v1/roles", body, token=ada.token)
    answer = await explain(teams, ada, "billing:update")
    assert {"role": role.body["id"], "name": "Payer"} in answer.body["held_by"]


async def test_who_may_not_change_ones_role_is_not_named(teams: Any) -> None:
    """An admin holds events:write and changes roles, but not the role of somebody who may do what admins may not."""
    ada = await teams.register()
    body = {"name": "Payer", "permissions": ["billing:update", "members:read"]}
    payer = (await teams.call("POST", "/v1/roles", body, token=ada.token)).body["id"]
    admin, grace = await teams.add_member(ada, "admin"), await teams.add_member(ada, payer)

    named = (await explain(teams, grace, "events:write")).body["granted_by"]

    assert [person["user_id"] for person in named] == [str(ada.user_id)]
    path = f"/v1/members/{grace.user_id}"
    refused = await teams.call("PATCH", path, {"role": "admin"}, token=admin.token, If_Match="*")
    assert refused.code == "member_above_own"
    assert (await teams.call("PATCH", path, {"role": "admin"}, token=ada.token, If_Match="*")).status == 200


async def test_what_only_service_accounts_hold_is_said_so(teams: Any) -> None:
    ada = await teams.register()
    answer = (await explain(teams, ada, "agent_events:write")).body
    assert (answer["allowed"], answer["granted_by"], answer["held_by"]) == (False, [], [])
    assert "Only service accounts" in answer["rule"]


@pytest.mark.parametrize("query", ["", "?permission=everything", "?permission=billing:read&org=1"])
async def test_what_is_no_permission_is_refused(teams: Any, query: str) -> None:
    ada = await teams.register()
    assert (await teams.call("GET", f"/v1/permissions/explain{query}", token=ada.token)).status == 422
