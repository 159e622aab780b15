import pytest

from contracts.permissions import ROLE_PERMISSIONS, Role


async def test_who_where_what(teams) -> None:
    ada = await teams.register()
    me = (await teams.call("GET", "/v1/me", token=ada.token)).body
    assert me["user"]["email"] == ada.email
    assert me["organization"]["id"] == str(ada.org_id)
    assert me["role"] == "owner"
    assert me["permissions"] == sorted(ROLE_PERMISSIONS[Role.OWNER])
    assert [own["id"] for own in me["organizations"]] == [str(ada.org_id)]


async def test_a_change_is_a_fact_and_no_change_is_none(teams) -> None:
    ada = await teams.register()
    body = {"name": "Ada King", "locale": "fr", "time_zone": "Europe/Paris"}
    answer = await teams.call("PATCH", "/v1/me", body, token=ada.token)
    assert answer.body["user"] | body == answer.body["user"]
    await teams.call("PATCH", "/v1/me", body, token=ada.token)
    await teams.call("PATCH", "/v1/me", {}, token=ada.token)
    events = [e for e in await teams.events(about=ada.user_id) if e["type"] == "user.updated"]
    assert [(e["sequence"], e["data"]["name"]) for e in events] == [(2, "Ada King")]


@pytest.mark.parametrize(
    "body",
    [{"name": ""}, {"name": "a\nb"}, {"locale": "?"}, {"time_zone": "x"}, {"email": "a@b.com"}, {"role": "owner"}],
)
async def test_what_cannot_be_changed(teams, body) -> None:
    ada = await teams.register()
    assert (await teams.call("PATCH", "/v1/me", body, token=ada.token)).status == 422


async def test_the_matrix(teams) -> None:
    ada = await teams.register()
    answer = (await teams.call("GET", "/v1/permissions", token=ada.token)).body
    assert {role["role"]: set(role["permissions"]) for role in answer["roles"]} == {
        role.value: {p.value for p in held} for role, held in ROLE_PERMISSIONS.items()
    }
