import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.permissions import ROLE_PERMISSIONS, Permission, Role

READS = ["members:read", "organization:read", "roles:read"]


async def make_role(teams: Any, by: Any, name: str, permissions: list[str], **more: Any) -> dict[str, Any]:
    body = {"name": name, "permissions": permissions} | more
    answer = await teams.call("POST", "/v1/roles", body, token=by.token)
    assert answer.status == 201, answer.body
    return dict(answer.body)


async def test_roles_list_the_built_in_ones_first_and_then_the_own_by_name(teams: Any) -> None:
    ada = await teams.register()
    await make_role(teams, ada, "Zebra keeper", READS)
    await make_role(teams, ada, "auditor", READS, description=" Looks   at everything. ")

    answer = await teams.call("GET", "/v1/roles", token=ada.token)

    names = [role["name"] for role in answer.body["items"]]
    assert names == ["Owner", "Admin", "Billing manager", "Member", "Viewer", "auditor", "Zebra keeper"]
    owner, own = answer.body["items"][0], answer.body["items"][5]
    assert (owner["id"], owner["built_in"], owner["members"]) == ("owner", True, 1)
    assert (own["built_in"], own["description"], own["permissions"]) == (False, "Looks at everything.", READS)


async def test_roles_come_in_pages(teams: Any) -> None:
    ada = await teams.register()
    await make_role(teams, ada, "Auditor", READS)
    first = await teams.call("GET", "/v1/roles?limit=4", token=ada.token)
    second = await teams.call("GET", f"/v1/roles?limit=4&cursor={first.body['next_cursor']}", token=ada.token)
    assert [role["name"] for role in second.body["items"]] == ["Viewer", "Auditor"]
    assert second.body["next_cursor"] is None


async def test_a_member_with_a_custom_role_may_do_what_it_lists_and_nothing_else(teams: Any) -> None:
    ada = await teams.register()
    role = await make_role(teams, ada, "Recruiter", [*READS, "invitations:create", "invitations:read"])

    grace = await teams.add_member(ada, role["id"])

    me = (await teams.call("GET", "/v1/me", token=grace.token)).body
    assert (me["role"], me["role_name"]) == (role["id"], "Recruiter")
    assert set(me["permissions"]) == {*READS, "invitations:create", "invitations:read"}
    assert (await teams.call("GET", "/v1/invitations", token=grace.token)).status == 200
    assert (await teams.call("GET", "/v1/api-keys", token=grace.token)).code == "permission_denied"
    listed = (await teams.call("GET", "/v1/members", token=ada.token)).body["items"]
    assert [(one["role"], one["role_name"]) for one in listed] == [("owner", "Owner"), (role["id"], "Recruiter")]
    joined = next(one for one in await teams.events(about=ada.org_id) if one["data"].get("role") == role["id"])
    assert joined["data"]["role_name"] == "Recruiter"


async def test_an_edit_of_a_role_ends_tokens_of_it_and_only_those(teams: Any) -> None:
    ada = await teams.register()
    role = await make_role(teams, ada, "Recruiter", [*READS, "invitations:read"])
    grace, alan = await teams.add_member(ada, role["id"]), await teams.add_member(ada, "viewer")

    changed = await teams.call(
        "PATCH", f"/v1/roles/{role['id']}", {"permissions": READS}, token=ada.token, If_Match='"1"'
    )

    assert (changed.status, changed.body["version"], changed.body["members"]) == (200, 2, 1)
    assert (await teams.call("GET", "/v1/members", token=grace.token)).code == "token_revoked"
    assert (await teams.call("GET", "/v1/members", token=alan.token)).status == 200
    again = await teams.log_in(grace)
    assert (await teams.call("GET", "/v1/invitations", token=again.token)).code == "permission_denied"
    event = (await teams.events(about=role["id"]))[-1]
    assert (event["type"], event["sequence"]) == ("role.updated", 2)
    revoked = await teams.call("GET", "/internal/v1/revocations", token=teams.internal_token())
    assert {"role"} == {one["kind"] for one in revoked.body["items"] if one["subject_id"] == role["id"]}


async def test_an_edit_that_changes_nothing_ends_nothing(teams: Any) -> None:
    ada = await teams.register()
    role = await make_role(teams, ada, "Recruiter", READS)
    grace = await teams.add_member(ada, role["id"])
    answer = await teams.call("PATCH", f"/v1/roles/{role['id']}", {"name": "Recruiter"}, token=ada.token, If_Match="*")
    assert (answer.status, answer.body["version"]) == (200, 1)
    assert (await teams.call("GET", "/v1/members", token=grace.token)).status == 200


async def test_a_stale_edit_is_refused(teams: Any) -> None:
    ada = await teams.register()
    role = await make_role(teams, ada, "Recruiter", READS)
    path = f"/v1/roles/{role['id']}"
    assert (await teams.call("PATCH", path, {"name": "A"}, token=ada.token)).code == "if_match_required"
    assert (await teams.call("PATCH", path, {"name": "A"}, token=ada.token, If_Match='"7"')).status == 412


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "Owner", "permissions": []}, "name_reserved"),
        ({"name": "billing MANAGER", "permissions": []}, "name_reserved"),
        ({"name": "a" * 61, "permissions": []}, "length"),
        ({"name": "line\nbreak", "permissions": []}, "control_character"),
        ({"name": "Fine", "permissions": ["everything:do"]}, "enum"),
        ({"name": "Fine", "permissions": [], "org_id": str(uuid4())}, "unknown_field"),
    ],
)
async def test_what_is_no_role_is_refused_with_its_field(teams: Any, body: dict[str, Any], code: str) -> None:
    ada = await teams.register()
    answer = await teams.call("POST", "/v1/roles", body, token=ada.token)
    assert answer.status == 422
    assert [error["code"] for error in answer.body["errors"]] == [code]


async def test_a_name_is_taken_whatever_its_case_until_the_role_is_deleted(teams: Any) -> None:
    ada = await teams.register()
    role = await make_role(teams, ada, "Recruiter", READS)
    body = {"name": "RECRUITER", "permissions": READS}
    assert (await teams.call("POST", "/v1/roles", body, token=ada.token)).code == "role_name_taken"
    assert (await teams.call("DELETE", f"/v1/roles/{role['id']}", token=ada.token)).status == 204
    assert (await teams.call("POST", "/v1/roles", body, token=ada.token)).status == 201


async def test_nobody_makes_a_role_above_their_own(teams: Any) -> None:
    ada = await teams.register()
    admin = await teams.add_member(ada, "admin")
    body = {"name": "Treasurer", "permissions": ["billing:update"]}
    assert (await teams.call("POST", "/v1/roles", body, token=admin.token)).code == "role_above_own"
    agent = {"name": "Agent", "permissions": ["agent_events:write"]}
    assert (await teams.call("POST", "/v1/roles", agent, token=ada.token)).code == "role_above_own"


async def test_nobody_raises_themselves_by_editing_their_own_role(teams: Any) -> None:
    ada = await teams.register()
    role = await make_role(teams, ada, "Keeper of roles", [*READS, "roles:update"])
    eve = await teams.add_member(ada, role["id"])
    body = {"permissions": [*READS, "roles:update", "billing:update"]}
    answer = await teams.call("PATCH", f"/v1/roles/{role['id']}", body, token=eve.token, If_Match="*")
    assert answer.code == "role_above_own"


async def test_nobody_weakens_a_role_that_may_do_what_they_may_not(teams: Any) -> None:
    ada = await teams.register()
    treasurer = await make_role(teams, ada, "Treasurer", [*READS, "billing:update"])
    admin = await teams.add_member(ada, "admin")
    path = f"/v1/roles/{treasurer['id']}"
    assert (await teams.call("PATCH", path, {"permissions": READS}, token=admin.token, If_Match="*")).status == 403
    assert (await teams.call("DELETE", path, token=admin.token)).status == 403
    assert (await teams.call("POST", f"{path}/dry-run", {"permissions": []}, token=admin.token)).status == 403


async def test_nobody_gives_or_invites_to_a_custom_role_above_their_own(teams: Any) -> None:
    ada = await teams.register()
    treasurer = await make_role(teams, ada, "Treasurer", [*READS, "billing:update"])
    admin, grace = await teams.add_member(ada, "admin"), await teams.add_member(ada, "viewer")
    given = await teams.call(
        "PATCH", f"/v1/members/{grace.user_id}", {"role": treasurer["id"]}, token=admin.token, If_Match="*"
    )
    assert given.code == "role_above_own"
    body = {"email": teams.new_email(), "role": treasurer["id"]}
    assert (await teams.call("POST", "/v1/invitations", body, token=admin.token)).code == "role_above_own"


async def test_nobody_touches_a_custom_member_who_may_do_what_they_may_not(teams: Any) -> None:
    ada = await teams.register()
    treasurer = await make_role(teams, ada, "Treasurer", [*READS, "billing:update"])
    admin, rich = await teams.add_member(ada, "admin"), await teams.add_member(ada, treasurer["id"])
    path = f"/v1/members/{rich.user_id}"
    assert (await teams.call("DELETE", path, token=admin.token)).code == "member_above_own"
    assert (await teams.call("PATCH", path, {"role": "viewer"}, token=admin.token, If_Match="*")).status == 403


async def test_a_custom_role_with_all_of_an_owners_permissions_stands_below_the_owner(teams: Any) -> None:
    ada = await teams.register()
    everything = sorted(ROLE_PERMISSIONS[Role.OWNER])
    role = await make_role(teams, ada, "Deputy", everything)
    deputy, other = await teams.add_member(ada, role["id"]), await teams.add_member(ada, "owner")
    answer = await teams.call("DELETE", f"/v1/members/{other.user_id}", token=deputy.token)
    assert answer.code == "member_above_own"


@pytest.mark.parametrize("key", ["", "no such role", str(uuid4()), "OWNER"])
async def test_a_role_that_is_none_is_refused_with_its_field(teams: Any, key: str) -> None:
    ada = await teams.register()
    answer = await teams.call("POST", "/v1/invitations", {"email": teams.new_email(), "role": key}, token=ada.token)
    assert answer.status == 422
    assert answer.body["errors"][0]["pointer"] == "/role"


async def test_another_organizations_role_does_not_exist(teams: Any) -> None:
    ada, mallory = await teams.register(), await teams.register()
    role = await make_role(teams, ada, "Recruiter", READS)
    path = f"/v1/roles/{role['id']}"
    assert (await teams.call("PATCH", path, {"name": "Mine"}, token=mallory.token, If_Match="*")).status == 404
    assert (await teams.call("DELETE", path, token=mallory.token)).status == 404
    assert (await teams.call("POST", f"{path}/dry-run", {"permissions": []}, token=mallory.token)).status == 404
    body = {"email": teams.new_email(), "role": role["id"]}
    assert (await teams.call("POST", "/v1/invitations", body, token=mallory.token)).status == 422
    replaced = await teams.call("DELETE", f"{path}?replacement=viewer", token=mallory.token)
    assert replaced.status == 404


async def test_built_in_roles_cannot_be_changed(teams: Any) -> None:
    ada = await teams.register()
    answer = await teams.call("PATCH", "/v1/roles/admin", {"permissions": []}, token=ada.token, If_Match="*")
    assert answer.status in (404, 422)


async def test_a_role_in_use_is_deleted_only_with_a_replacement(teams: Any) -> None:
    ada = await teams.register()
    role = await make_role(teams, ada, "Recruiter", READS)
    grace, invited = await teams.add_member(ada, role["id"]), teams.new_email()
    await teams.invite(ada, invited, role["id"])
    path = f"/v1/roles/{role['id']}"

    assert (await teams.call("DELETE", path, token=ada.token)).code == "role_in_use"
    assert (await teams.call("DELETE", f"{path}?replacement={role['id']}", token=ada.token)).status == 422
    assert (await teams.call("DELETE", f"{path}?replacement=viewer", token=ada.token)).status == 204

    assert (await teams.call("GET", "/v1/members", token=grace.token)).code == "token_revoked"
    members = (await teams.call("GET", "/v1/members", token=ada.token)).body["items"]
    assert [one["role"] for one in members] == ["owner", "viewer"]
    newcomer = await teams.register(invited, invitation_token=await teams.link_token(invited))
    assert (await teams.call("GET", "/v1/me", token=newcomer.token)).body["role"] == "viewer"
    types = await teams.event_types(ada.org_id)
    assert types.count("member.role_changed") == 1
    assert types.count("role.deleted") == 1


async def test_whoever_joins_while_the_role_goes_never_keeps_a_role_that_is_gone(teams: Any) -> None:
    ada = await teams.register()
    for number in range(4):
        role = await make_role(teams, ada, f"Recruiter {number}", READS)
        email = teams.new_email()
        await teams.invite(ada, email, role["id"])
        token = await teams.link_token(email)
        _, deleted = await asyncio.gather(
            teams.register(email, invitation_token=token),
            teams.call("DELETE", f"/v1/roles/{role['id']}?replacement=viewer", token=ada.token),
        )
        assert deleted.status == 204
        members = (await teams.call("GET", "/v1/members", token=ada.token)).body["items"]
        assert role["id"] not in {one["role"] for one in members}
        newcomer = next(one for one in members if one["email"] == email)
        await teams.call("DELETE", f"/v1/members/{newcomer['user_id']}", token=ada.token)


async def test_a_dry_run_tells_who_gains_and_loses_what_and_changes_nothing(teams: Any) -> None:
    ada = await teams.register()
    role = await make_role(teams, ada, "Builder", [*READS, "events:write", "api_keys:update", "api_keys:read"])
    grace = await teams.add_member(ada, role["id"])
    await teams.invite(ada, teams.new_email(), role["id"])
    key = await teams.call(
        "POST", "/v1/api-keys", {"name": "Import", "permissions": ["events:write"]}, token=grace.token
    )
    account = await teams.call("POST", "/v1/service-accounts", {"name": "Bot", "role": role["id"]}, token=ada.token)

    path = f"/v1/roles/{role['id']}/dry-run"
    answer = await teams.call("POST", path, {"permissions": [*READS, "billing:read"]}, token=ada.token)

    assert answer.status == 200, answer.body
    assert answer.body["gains"] == ["billing:read"]
    assert answer.body["loses"] == ["api_keys:read", "api_keys:update", "events:write"]
    assert [one["user_id"] for one in answer.body["members"]] == [str(grace.user_id)]
    assert (answer.body["member_count"], answer.body["invitation_count"]) == (1, 1)
    assert [one["id"] for one in answer.body["service_accounts"]] == [account.body["id"]]
    shrunk = answer.body["api_keys"]
    assert [(one["id"], one["gains"], one["loses"]) for one in shrunk] == [(key.body["id"], [], ["events:write"])]
    assert (await teams.call("GET", "/v1/members", token=grace.token)).status == 200


async def test_who_was_demoted_no_longer_edits_roles_with_an_old_token(teams: Any) -> None:
    ada = await teams.register()
    admin = await teams.add_member(ada, "admin")
    await teams.call("PATCH", f"/v1/members/{admin.user_id}", {"role": "viewer"}, token=ada.token, If_Match="*")
    body = {"name": "Recruiter", "permissions": READS}
    assert (await teams.call("POST", "/v1/roles", body, token=admin.token)).code == "token_revoked"


async def test_changes_of_roles_stand_in_the_activity_log(teams: Any) -> None:
    ada = await teams.register()
    role = await make_role(teams, ada, "Recruiter", READS)
    path = f"/v1/roles/{role['id']}"
    await teams.call("PATCH", path, {"permissions": ["members:read"]}, token=ada.token, If_Match="*")
    await teams.call("DELETE", path, token=ada.token)
    rows = [row for row in await teams.activity(ada.org_id) if row["subject_type"] == "role"]
    assert [row["action"] for row in rows] == ["role.created", "role.updated", "role.deleted"]
    assert rows[1]["details"]["before"] == {"permissions": READS}
    assert rows[1]["details"]["after"] == {"permissions": ["members:read"]}
    assert {row["subject_id"] for row in rows} == {str(UUID(role["id"]))}


async def test_the_list_of_permissions_describes_each(teams: Any) -> None:
    ada = await teams.register()
    body = (await teams.call("GET", "/v1/permissions", token=ada.token)).body
    assert [one["permission"] for one in body["permissions"]] == list(Permission)
    assert all(one["description"] for one in body["permissions"])
