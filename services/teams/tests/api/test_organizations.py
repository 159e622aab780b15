import asyncio


async def test_create_makes_its_creator_owner(teams) -> None:
    ada = await teams.register()
    answer = await teams.call("POST", "/v1/organizations", {"name": "<b>Second</b>"}, token=ada.token)
    assert answer.status == 201
    assert (answer.body["name"], answer.body["role"], answer.body["version"]) == ("<b>Second</b>", "owner", 1)
    assert await teams.event_types(answer.body["id"]) == ["organization.created", "member.joined"]
    listed = (await teams.call("GET", "/v1/organizations", token=ada.token)).body["items"]
    assert [organization["id"] for organization in listed] == [str(ada.org_id), answer.body["id"]]


async def test_a_repeated_create_with_a_key_makes_one(teams) -> None:
    ada = await teams.register()
    answers = [
        await teams.call("POST", "/v1/organizations", {"name": "Once"}, token=ada.token, Idempotency_Key="once")
        for _ in range(2)
    ]
    assert answers[0].body == answers[1].body
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert len((await teams.call("GET", "/v1/organizations", token=ada.token)).body["items"]) == 2


async def test_paging(teams) -> None:
    ada = await teams.register()
    for number in range(4):
        await teams.call("POST", "/v1/organizations", {"name": f"Page {number}"}, token=ada.token)
    seen, cursor = [], ""
    while cursor is not None:
        path = f"/v1/organizations?limit=2{cursor and '&cursor=' + cursor}"
        page = (await teams.call("GET", path, token=ada.token)).body
        seen += [organization["id"] for organization in page["items"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 5
    assert (await teams.call("GET", "/v1/organizations?cursor=x", token=ada.token)).status == 422


async def test_a_change_needs_the_version_that_was_read(teams) -> None:
    ada = await teams.register()
    read = await teams.call("GET", "/v1/organization", token=ada.token)
    assert read.headers["ETag"] == '"1"'
    body = {"name": "Renamed", "time_zone": "Asia/Tokyo"}
    assert (await teams.call("PATCH", "/v1/organization", body, token=ada.token)).status == 428
    answer = await teams.call("PATCH", "/v1/organization", body, token=ada.token, If_Match='"1"')
    assert (answer.status, answer.headers["ETag"], answer.body["name"]) == (200, '"2"', "Renamed")
    assert answer.body["slug"] == read.body["slug"]
    assert (await teams.call("PATCH", "/v1/organization", body, token=ada.token, If_Match='"1"')).status == 412
    updated = [e for e in await teams.events(about=ada.org_id) if e["type"] == "organization.updated"]
    assert [(e["sequence"], e["data"]["name"], e["data"]["time_zone"]) for e in updated] == [
        (2, "Renamed", "Asia/Tokyo")
    ]


async def test_of_parallel_changes_of_one_version_one_succeeds(teams) -> None:
    ada = await teams.register()
    changes = [
        teams.call("PATCH", "/v1/organization", {"name": f"Name {n}"}, token=ada.token, If_Match='"1"')
        for n in range(10)
    ]
    statuses = sorted(answer.status for answer in await asyncio.gather(*changes))
    assert statuses == [200] + [412] * 9


async def test_a_person_without_organization(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada)
    await teams.call("DELETE", f"/v1/members/{bob.user_id}", token=bob.token)
    bob = await teams.log_in(bob)
    assert bob.body["organization"] is None
    me = (await teams.call("GET", "/v1/me", token=bob.token)).body
    assert (me["organization"], me["role"], me["permissions"], me["organizations"]) == (None, None, [], [])
    answer = await teams.call("GET", "/v1/organization", token=bob.token)
    assert (answer.status, answer.code) == (403, "organization_required")
    assert (await teams.call("DELETE", f"/v1/members/{ada.user_id}", token=bob.token)).status == 403
    created = await teams.call("POST", "/v1/organizations", {"name": "Own"}, token=bob.token)
    assert created.status == 201
    refreshed = await teams.call("POST", "/v1/auth/refresh", {"refresh_token": bob.refresh_token})
    assert refreshed.body["organization"]["id"] == created.body["id"]
