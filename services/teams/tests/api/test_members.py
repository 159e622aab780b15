from uuid import uuid4

import pytest


async def change(teams, by, whom, role, version=1):
    return await teams.call(
        "PATCH", f"/v1/members/{whom.user_id}", {"role": role}, token=by.token, If_Match=f'"{version}"'
    )


async def remove(teams, by, whom):
    return await teams.call("DELETE", f"/v1/members/{whom.user_id}", token=by.token)


async def me_status(teams, token) -> int:
    return (await teams.call("GET", "/v1/me", token=token)).status


async def test_the_list_in_pages(teams) -> None:
    ada = await teams.register()
    everybody = [ada] + [await teams.add_member(ada) for _ in range(4)]
    seen, cursor = [], ""
    while cursor is not None:
        page = await teams.call("GET", f"/v1/members?limit=2{cursor and '&cursor=' + cursor}", token=ada.token)
        seen += page.body["items"]
        cursor = page.body["next_cursor"]
    assert [member["user_id"] for member in seen] == [str(person.user_id) for person in everybody]
    assert set(seen[0]) == {"user_id", "email", "name", "role", "role_name", "joined_at", "version"}


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "cursor=!", "cursor=W10", "sort=name", "org_id=1"]
)
async def test_a_wrong_query(teams, query) -> None:
    ada = await teams.register()
    assert (await teams.call("GET", f"/v1/members?{query}", token=ada.token)).status == 422


async def test_a_new_role_counts_at_once(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada)
    answer = await change(teams, ada, bob, "admin")
    assert (answer.status, answer.body["role"], answer.headers["ETag"]) == (200, "admin", '"2"')
    assert await me_status(teams, bob.token) == 401
    refreshed = await teams.call("POST", "/v1/auth/refresh", {"refresh_token": bob.refresh_token})
    assert refreshed.body["organization"]["role"] == "admin"
    assert await me_status(teams, refreshed.body["access_token"]) == 200
    event = (await teams.events(about=ada.org_id))[-1]
    assert (event["type"], event["sequence"]) == ("member.role_changed", 2)
    assert event["data"]["changed_by"] == str(ada.user_id)
    assert event["actor"] == f"user:{ada.user_id}"


async def test_the_same_role_again_is_no_fact(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada)
    before = len(await teams.events())
    assert (await change(teams, ada, bob, "member")).body["version"] == 1
    assert len(await teams.events()) == before
    assert await me_status(teams, bob.token) == 200


async def test_if_match(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada)
    path = f"/v1/members/{bob.user_id}"
    assert (await teams.call("PATCH", path, {"role": "admin"}, token=ada.token)).status == 428
    assert (await change(teams, ada, bob, "admin", version=7)).status == 412
    assert (await change(teams, ada, bob, "emperor")).status == 422


async def test_nobody_grants_above_their_own_role_nor_touches_who_stands_above(teams) -> None:
    ada = await teams.register()
    admin, bob = await teams.add_member(ada, "admin"), await teams.add_member(ada)
    assert (await change(teams, admin, bob, "owner")).code == "role_above_own"
    assert (await change(teams, admin, admin, "owner")).code == "role_above_own"
    assert (await change(teams, admin, ada, "member")).code == "member_above_own"
    assert (await remove(teams, admin, ada)).code == "member_above_own"
    assert (await change(teams, bob, bob, "admin")).code == "permission_denied"
    assert (await remove(teams, bob, admin)).code == "permission_denied"


async def test_the_last_owner_stays(teams) -> None:
    ada = await teams.register()
    assert (await change(teams, ada, ada, "admin")).code == "last_owner"
    answer = await remove(teams, ada, ada)
    assert (answer.status, answer.code) == (409, "last_owner")
    bob = await teams.add_member(ada, "owner")
    assert (await change(teams, bob, ada, "member")).status == 200
    assert (await remove(teams, bob, bob)).code == "last_owner"


async def test_a_removed_member_is_out_at_once(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada)
    own = (await teams.call("POST", "/v1/organizations", {"name": "Bob's"}, token=bob.token)).body
    assert (await remove(teams, ada, bob)).status == 204
    assert await me_status(teams, bob.token) == 401
    assert (await remove(teams, ada, bob)).status == 404
    assert (await change(teams, ada, bob, "admin", version=2)).status == 404
    refreshed = await teams.call("POST", "/v1/auth/refresh", {"refresh_token": bob.refresh_token})
    assert refreshed.body["organization"]["id"] == own["id"]
    body = {"organization_id": str(ada.org_id)}
    switch = await teams.call("POST", "/v1/auth/switch-organization", body, token=refreshed.body["access_token"])
    assert switch.status == 404
    event = (await teams.events(about=ada.org_id))[-1]
    assert (event["type"], event["sequence"], event["data"]["state"]) == ("member.removed", 2, "removed")
    assert event["data"]["removed_by"] == str(ada.user_id)
    listed = (await teams.call("GET", "/v1/members", token=ada.token)).body["items"]
    assert (await teams.call("GET", "/v1/members/count", token=ada.token)).body == {"count": len(listed)}
    assert [member["user_id"] for member in listed] == [str(ada.user_id)]


async def test_anybody_may_leave_and_come_back_and_the_sequence_goes_on(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada, "viewer")
    assert (await remove(teams, bob, bob)).status == 204
    left = (await teams.events(about=ada.org_id))[-1]
    assert left["data"]["removed_by"] == left["data"]["user_id"] == str(bob.user_id)
    await teams.invite(ada, bob.email, "admin")
    bob = await teams.log_in(bob)
    body = {"token": await teams.link_token(bob.email)}
    back = await teams.call("POST", "/v1/invitations/accept", body, token=bob.token)
    assert back.body["organization"]["role"] == "admin"
    joined = (await teams.events(about=left["subject"]))[-1]
    assert (joined["type"], joined["sequence"], joined["subject"]) == ("member.joined", 3, left["subject"])
    assert await me_status(teams, back.body["access_token"]) == 200


async def test_what_does_not_exist(teams) -> None:
    ada = await teams.register()
    for path in (f"/v1/members/{uuid4()}", "/v1/members/nobody", f"/v1/members/{ada.org_id}"):
        assert (await teams.call("DELETE", path, token=ada.token)).status == 404
        patched = await teams.call("PATCH", path, {"role": "admin"}, token=ada.token, If_Match='"1"')
        assert patched.status == 404
