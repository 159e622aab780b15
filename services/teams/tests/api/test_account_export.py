"""GET /v1/me/export: all that teams holds about a person, nothing of others, no secret."""

import json

from teams.api import account_export


async def export(teams, person) -> tuple[dict, dict]:
    headers = {"Authorization": f"Bearer {person.token}"}
    async with teams.http.get(f"{teams.url}/v1/me/export", headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json(), dict(answer.headers)


async def test_everything_about_oneself_as_a_download(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada, "admin")
    await teams.enable_mfa(bob)
    scope = {"name": "Import", "permissions": ["members:read"]}
    key = (await teams.call("POST", "/v1/api-keys", scope, token=bob.token)).body
    data, headers = await export(teams, bob)
    assert headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert headers["Cache-Control"] == "no-store"
    assert data["profile"]["email"] == bob.email
    assert [(one["org_id"], one["role"], one["state"]) for one in data["memberships"]] == [
        (str(ada.org_id), "admin", "active")
    ]
    assert data["two_step_sign_in"]["enabled_at"]
    assert data["sessions"][0]["client"] == "api"
    assert [one["name"] for one in data["api_keys"]] == ["Import"]
    assert {row["action"] for row in data["activity"]} == {"member.joined", "api_key.created"}
    text = json.dumps(data)
    assert key["secret"] not in text
    assert "hash" not in text
    assert ada.email not in text


async def test_what_they_left_is_still_theirs_to_see(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada)
    assert (await teams.call("POST", "/v1/organization/leave", token=bob.token)).status == 204
    data, _ = await export(teams, await teams.log_in(bob))
    assert [one["state"] for one in data["memberships"]] == ["removed"]
    assert {row["action"] for row in data["activity"]} == {"member.joined", "member.left"}


async def test_a_long_life_comes_page_by_page(teams, monkeypatch) -> None:
    monkeypatch.setattr(account_export, "PAGE", 2)
    ada = await teams.register()
    for number in range(4):
        body = {"email": teams.new_email(), "role": "member"}
        assert (await teams.call("POST", "/v1/invitations", body, token=ada.token)).status == 201, number
    data, _ = await export(teams, ada)
    assert [row["action"] for row in data["activity"]].count("invitation.created") == 4
    numbers = [row["number"] for row in data["activity"]]
    assert len(numbers) == len(set(numbers))


async def test_nobody_without_a_sign_in(teams) -> None:
    assert (await teams.call("GET", "/v1/me/export")).status == 401
