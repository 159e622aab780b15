import pytest

from contracts.ids import new_id


@pytest.fixture
async def acme(story, person, deliver):
    """Ada's organization with five newcomers, so that she has five notifications."""
    ada = person("Ada")
    tale = story()
    tale.founded(ada)
    for name in ("Grace", "Linus", "Joan", "Alan", "Edsger"):
        tale.joined(person(name), invited_by=ada)
    await deliver(*tale.events)
    return tale, ada


async def listed(site, headers, **query):
    status, body = await site.call("GET", "/v1/notifications", headers=headers, params=query)
    assert status == 200, body
    return body


async def test_newest_first_in_pages(site, acme):
    tale, ada = acme
    headers = site.headers(ada, tale.org_id)
    first = await listed(site, headers, limit=2)
    assert [item["title"] for item in first["items"]] == ["Edsger joined Acme", "Alan joined Acme"]
    assert first["unread_count"] == 5
    second = await listed(site, headers, limit=2, cursor=first["next_cursor"])
    third = await listed(site, headers, limit=2, cursor=second["next_cursor"])
    everything = first["items"] + second["items"] + third["items"]
    assert [item["cursor"] for item in everything] == [5, 4, 3, 2, 1]
    assert third["next_cursor"] is None
    assert set(everything[0]) == {
        "id", "cursor", "kind", "category", "title", "body", "data", "created_at", "read_at",
    }  # fmt: skip
    assert everything[0]["kind"] == "member.joined"
    assert everything[0]["data"]["name"] == "Edsger"


async def test_reading_and_unreading(site, acme):
    tale, ada = acme
    headers = site.headers(ada, tale.org_id)
    newest = (await listed(site, headers))["items"][0]
    path = f"/v1/notifications/{newest['id']}"
    status, read = await site.call("POST", f"{path}/read", headers=headers)
    assert status == 200
    assert read["read_at"] is not None
    assert (await site.call("POST", f"{path}/read", headers=headers))[1]["read_at"] == read["read_at"]
    assert (await site.call("GET", "/v1/notifications/unread-count", headers=headers))[1] == {"unread_count": 4}
    unread = await listed(site, headers, unread="true")
    assert newest["id"] not in [item["id"] for item in unread["items"]]
    assert (await site.call("POST", f"{path}/unread", headers=headers))[1]["read_at"] is None
    assert (await site.call("GET", path, headers=headers))[1] == newest


async def test_reading_all_can_stop_at_what_was_seen(site, acme):
    tale, ada = acme
    headers = site.headers(ada, tale.org_id)
    call = "/v1/notifications/read-all"
    assert (await site.call("POST", call, headers=headers, params={"up_to": 3}))[1] == {"unread_count": 2}
    assert (await site.call("POST", call, headers=headers))[1] == {"unread_count": 0}
    assert (await listed(site, headers, unread="true"))["items"] == []


async def test_nobody_sees_anybody_elses(site, acme, person):
    tale, ada = acme
    mine = (await listed(site, site.headers(ada, tale.org_id)))["items"][0]
    eve = person("Eve")
    for headers in (site.headers(eve, tale.org_id), site.headers(eve, new_id()), site.headers(ada, new_id())):
        assert (await listed(site, headers)) == {"items": [], "next_cursor": None, "unread_count": 0}
        for method, path in (("GET", ""), ("POST", "/read"), ("POST", "/unread")):
            status, problem = await site.call(method, f"/v1/notifications/{mine['id']}{path}", headers=headers)
            assert (status, problem["code"]) == (404, "not_found")
        assert (await site.call("POST", "/v1/notifications/read-all", headers=headers))[0] == 200
    assert (await listed(site, site.headers(ada, tale.org_id)))["unread_count"] == 5


async def test_what_belongs_to_a_person_is_seen_in_each_organization(site, acme, person, deliver):
    tale, ada = acme
    grace = person("Grace")
    tale.joined(grace, invited_by=ada)
    tale.removed(grace, by=ada)
    await deliver(*tale.events)
    elsewhere = await listed(site, site.headers(grace, new_id()))
    assert [item["title"] for item in elsewhere["items"]] == ["You were removed from Acme"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"unread": "perhaps"}, "unread"),
        ({"organization_id": "x"}, "organization_id"),
    ],
)
async def test_a_wrong_query_is_422_and_named(site, person, query, pointer):
    status, problem = await site.call(
        "GET", "/v1/notifications", headers=site.headers(person("Ada"), new_id()), params=query
    )
    assert status == 422
    assert [error["pointer"].strip("/") for error in problem["errors"]] == [pointer]


async def test_without_a_token_or_an_organization_nothing_is_shown(site, person):
    for path in ("/v1/notifications", "/v1/notifications/unread-count", f"/v1/notifications/{new_id()}"):
        assert (await site.call("GET", path))[0] == 401
        assert (await site.call("GET", path, headers={"Authorization": "Bearer x.y.z"}))[0] == 401
        assert (await site.call("GET", path, headers=site.headers(person("Ada"), None)))[0] == 403


async def test_an_id_that_is_none_is_404(site, person):
    headers = site.headers(person("Ada"), new_id())
    for id_ in ("x", "1", str(new_id())):
        assert (await site.call("GET", f"/v1/notifications/{id_}", headers=headers))[0] == 404


async def test_a_repeated_write_is_answered_again(site, acme):
    tale, ada = acme
    headers = site.headers(ada, tale.org_id) | {"Idempotency-Key": str(new_id())}
    first = await site.call("POST", "/v1/notifications/read-all", headers=headers)
    async with site.http.post(f"{site.url}/v1/notifications/read-all", headers=headers) as again:
        assert (again.status, await again.json()) == first
        assert again.headers["Idempotency-Replayed"] == "true"
