from typing import Any

import pytest

from chassis.tokens import open_token

from .test_api_keys import exchange, make_key, token_of


async def make_account(teams: Any, by: Any, role: str = "member", name: str = "Triage agent") -> dict[str, Any]:
    answer = await teams.call("POST", "/v1/service-accounts", {"name": name, "role": role}, token=by.token)
    assert answer.status == 201, answer.body
    return dict(answer.body)


async def stop(teams: Any, by: Any, account: dict[str, Any], state: str = "disabled") -> Any:
    path = f"/v1/service-accounts/{account['id']}"
    return await teams.call("PATCH", path, {"state": state}, token=by.token, If_Match="*")


async def permissions_of(teams: Any, token: str) -> set[str]:
    """What the token says; only the gateway and services see one."""
    claims = open_token(token, teams.settings.keys[0].verifying, now=teams.clock.now().timestamp())
    return set(claims["permissions"])


async def test_a_service_account_may_what_its_role_and_its_delegator_both_may(teams: Any) -> None:
    ada = await teams.register()
    admin = await teams.add_member(ada, "admin")
    account = await make_account(teams, admin, "admin")
    key = await make_key(teams, admin, service_account_id=account["id"])
    before = await permissions_of(teams, await token_of(teams, key))
    assert {"invitations:create", "agent_events:write"} <= before

    path = f"/v1/members/{admin.user_id}"
    await teams.call("PATCH", path, {"role": "viewer"}, token=ada.token, If_Match="*")

    after = await permissions_of(teams, await token_of(teams, key))
    assert after == {
        "agent_events:write",
        "analytics:read",
        "members:read",
        "notifications:read",
        "notifications:update",
        "organization:read",
        "roles:read",
    }


async def test_the_kill_switch_ends_its_tokens_and_keys_until_it_is_started_again(teams: Any) -> None:
    ada = await teams.register()
    account = await make_account(teams, ada)
    key = await make_key(teams, ada, service_account_id=account["id"])
    token = await token_of(teams, key)
    assert (await teams.call("GET", "/v1/members", token=token)).status == 200

    stopped = await stop(teams, ada, account)

    assert (stopped.status, stopped.body["state"]) == (200, "disabled")
    assert (await teams.call("GET", "/v1/members", token=token)).code == "token_revoked"
    assert await exchange(teams, key["secret"]) is None
    revoked = (await teams.call("GET", "/internal/v1/revocations", token=teams.internal_token())).body["items"]
    assert "service_account" in {one["kind"] for one in revoked if one["subject_id"] == account["id"]}
    assert (await stop(teams, ada, account, "active")).status == 200
    assert (await teams.call("GET", "/v1/members", token=token)).code == "token_revoked"
    assert (await teams.call("GET", "/v1/members", token=await token_of(teams, key))).status == 200


async def test_it_takes_no_seat(teams: Any) -> None:
    ada = await teams.register()
    for number in range(5):
        await make_account(teams, ada, name=f"Agent {number}")
    for _ in range(4):
        await teams.add_member(ada)
    body = {"email": teams.new_email()}
    assert (await teams.call("POST", "/v1/invitations", body, token=ada.token)).code == "seats_exhausted"


async def test_it_stops_when_its_delegator_leaves_and_goes_on_for_whoever_starts_it(teams: Any) -> None:
    ada = await teams.register()
    admin = await teams.add_member(ada, "admin")
    account = await make_account(teams, admin)
    key = await make_key(teams, admin, service_account_id=account["id"])
    token = await token_of(teams, key)

    await teams.call("DELETE", f"/v1/members/{admin.user_id}", token=ada.token)

    assert (await teams.call("GET", "/v1/members", token=token)).code == "token_revoked"
    assert await exchange(teams, key["secret"]) is None
    listed = (await teams.call("GET", "/v1/service-accounts", token=ada.token)).body["items"]
    assert [(one["state"], one["delegator_name"], one["api_keys"]) for one in listed] == [("disabled", None, 1)]
    started = await stop(teams, ada, account, "active")
    assert started.body["delegated_by"] == str(ada.user_id)
    assert await exchange(teams, key["secret"])


async def test_nobody_delegates_what_they_may_not_do(teams: Any) -> None:
    ada = await teams.register()
    admin = await teams.add_member(ada, "admin")
    body = {"name": "Bot", "role": "billing_manager"}
    assert (await teams.call("POST", "/v1/service-accounts", body, token=admin.token)).code == "role_above_own"
    account = await make_account(teams, ada, "billing_manager")
    path = f"/v1/service-accounts/{account['id']}"
    raised = await teams.call("PATCH", path, {"role": "owner"}, token=admin.token, If_Match="*")
    assert raised.code == "role_above_own"
    assert (await stop(teams, admin, account)).status == 200
    assert (await stop(teams, admin, account, "active")).code == "role_above_own"


async def test_nobody_takes_a_secret_of_an_account_that_may_do_more_than_they(teams: Any) -> None:
    ada = await teams.register()
    admin = await teams.add_member(ada, "admin")
    account = await make_account(teams, ada, "owner")
    body = {"name": "Mine", "service_account_id": account["id"]}
    assert (await teams.call("POST", "/v1/api-keys", body, token=admin.token)).code == "role_above_own"
    key = await make_key(teams, ada, service_account_id=account["id"])
    rotated = await teams.call("POST", f"/v1/api-keys/{key['id']}/rotate", {}, token=admin.token)
    assert rotated.code == "role_above_own"


async def test_a_scoped_key_of_an_account_does_that_only(teams: Any) -> None:
    ada = await teams.register()
    account = await make_account(teams, ada)
    key = await make_key(teams, ada, ["agent_events:write"], service_account_id=account["id"])
    token = await token_of(teams, key)
    assert await permissions_of(teams, token) == {"agent_events:write"}
    assert (await teams.call("GET", "/v1/members", token=token)).code == "permission_denied"


async def test_deleted_it_takes_its_keys_along(teams: Any) -> None:
    ada = await teams.register()
    account = await make_account(teams, ada)
    key = await make_key(teams, ada, service_account_id=account["id"])
    token = await token_of(teams, key)
    path = f"/v1/service-accounts/{account['id']}"
    assert (await teams.call("DELETE", path, token=ada.token)).status == 204
    assert (await teams.call("GET", "/v1/members", token=token)).code == "token_revoked"
    assert await exchange(teams, key["secret"]) is None
    assert (await teams.call("DELETE", path, token=ada.token)).status == 404
    assert await teams.event_types(account["id"]) == ["service_account.created", "service_account.deleted"]
    await make_account(teams, ada)


async def test_names_are_taken_whatever_their_case_and_edits_need_a_version(teams: Any) -> None:
    ada = await teams.register()
    account = await make_account(teams, ada)
    body = {"name": "TRIAGE agent"}
    assert (
        await teams.call("POST", "/v1/service-accounts", body, token=ada.token)
    ).code == "service_account_name_taken"
    path = f"/v1/service-accounts/{account['id']}"
    assert (await teams.call("PATCH", path, {"name": "Other"}, token=ada.token)).status == 428
    assert (await teams.call("PATCH", path, {"name": "Other"}, token=ada.token, If_Match='"9"')).status == 412
    renamed = await teams.call("PATCH", path, {"name": "Other"}, token=ada.token, If_Match='"1"')
    assert (renamed.body["name"], renamed.body["version"]) == ("Other", 2)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_another_organizations_account_does_not_exist(teams: Any, method: str) -> None:
    ada, mallory = await teams.register(), await teams.register()
    account = await make_account(teams, ada)
    path = f"/v1/service-accounts/{account['id']}"
    body = {"state": "disabled"} if method == "PATCH" else None
    assert (await teams.call(method, path, body, token=mallory.token, If_Match="*")).status == 404
    body = {"name": "Mine", "service_account_id": account["id"]}
    assert (await teams.call("POST", "/v1/api-keys", body, token=mallory.token)).status == 422


async def test_the_deletion_of_its_role_moves_it_to_the_replacement(teams: Any) -> None:
    ada = await teams.register()
    role = await teams.call("POST", "/v1/roles", {"name": "Bots", "permissions": ["members:read"]}, token=ada.token)
    account = await make_account(teams, ada, role.body["id"])
    key = await make_key(teams, ada, service_account_id=account["id"])
    token = await token_of(teams, key)
    path = f"/v1/roles/{role.body['id']}"
    assert (await teams.call("DELETE", path, token=ada.token)).code == "role_in_use"
    assert (await teams.call("DELETE", f"{path}?replacement=viewer", token=ada.token)).status == 204
    assert (await teams.call("GET", "/v1/members", token=token)).code == "token_revoked"
    assert "organization:read" in await permissions_of(teams, await token_of(teams, key))
