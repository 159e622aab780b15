"""Devices: listed, signed out one by one or together, told of when they are new."""

import pytest

from contracts.ids import new_id

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


async def log_in(teams, person, client="api", **headers):
    body = {"email": person.email, "password": teams.password, "client": client}
    answer = await teams.call("POST", "/v1/auth/login", body, **headers)
    assert answer.status == 200, answer.body
    return answer


async def sessions(teams, token, query=""):
    answer = await teams.call("GET", f"/v1/auth/sessions{query}", token=token)
    assert answer.status == 200, answer.body
    return answer.body


async def me_status(teams, token) -> int:
    return (await teams.call("GET", "/v1/me", token=token)).status


async def test_the_list_says_on_what_from_where_and_which_is_this(teams) -> None:
    ada = await teams.register()
    here = await log_in(teams, ada, User_Agent=FIREFOX, X_Forwarded_For="203.0.113.7")
    await log_in(teams, ada, User_Agent=IPHONE)
    items = (await sessions(teams, here.body["access_token"]))["items"]
    assert [(item["device"], item["current"]) for item in items[:2]] == [
        ("Mobile Safari on iOS", False),
        ("Firefox on Linux", True),
    ]
    assert items[1]["address"] == "203.0.113.7"
    assert len(items) == 3
    assert items[0]["created_at"] <= items[0]["used_at"] < items[0]["expires_at"]


async def test_the_list_has_pages_and_ends_with_what_still_holds(teams, shift) -> None:
    ada = await teams.register()
    for _ in range(3):
        await log_in(teams, ada)
    page = await sessions(teams, ada.token, "?limit=3")
    rest = await sessions(teams, ada.token, f"?limit=3&cursor={page['next_cursor']}")
    assert (len(page["items"]), len(rest["items"]), rest["next_cursor"]) == (3, 1, None)
    assert rest["items"][0]["current"]
    shift(days=30, seconds=1)
    fresh = await log_in(teams, ada)
    assert len((await sessions(teams, fresh.body["access_token"]))["items"]) == 1


async def test_a_device_is_signed_out_at_once(teams) -> None:
    ada = await teams.register()
    other = await log_in(teams, ada)
    found = next(s for s in (await sessions(teams, ada.token))["items"] if not s["current"])
    assert (await teams.call("DELETE", f"/v1/auth/sessions/{found['id']}", token=ada.token)).status == 204
    assert await me_status(teams, other.body["access_token"]) == 401
    refreshed = await teams.call("POST", "/v1/auth/refresh", {"refresh_token": other.body["refresh_token"]})
    assert refreshed.status == 401
    event = (await teams.events(about=found["id"]))[-1]
    assert (event["type"], event["data"]["reason"]) == ("session.revoked", "revoked")
    assert (await teams.call("DELETE", f"/v1/auth/sessions/{found['id']}", token=ada.token)).status == 404


async def test_another_persons_device_does_not_exist(teams) -> None:
    ada, eve = await teams.register(), await teams.register()
    (found,) = (await sessions(teams, ada.token))["items"]
    for session_id in (found["id"], new_id()):
        assert (await teams.call("DELETE", f"/v1/auth/sessions/{session_id}", token=eve.token)).status == 404
    assert await me_status(teams, ada.token) == 200


async def test_every_other_device_is_signed_out(teams) -> None:
    ada, eve = await teams.register(), await teams.register()
    others = [await log_in(teams, ada) for _ in range(3)]
    answer = await teams.call("POST", "/v1/auth/sessions/revoke-others", token=ada.token)
    assert answer.body == {"ended_sessions": 3}
    assert [await me_status(teams, other.body["access_token"]) for other in others] == [401] * 3
    assert [await me_status(teams, person.token) for person in (ada, eve)] == [200, 200]


async def test_a_new_device_is_told_of_once_and_the_first_not(teams) -> None:
    ada = await teams.register()
    body = {"email": teams.new_email(), "password": teams.password, "name": "Bob", "organization_name": "Bobs"}
    home = await teams.call("POST", "/v1/auth/register", body, User_Agent=FIREFOX)
    bob = home.body["user"]
    ada.email = body["email"]
    cookie = {"Cookie": f"device={home.cookies['device'].value}"}
    again = await log_in(teams, ada, "browser", User_Agent=FIREFOX, **cookie)
    assert again.cookies["device"].value == home.cookies["device"].value
    assert "user.device_added" not in await teams.event_types(bob["id"])
    stranger = await log_in(teams, ada, "browser", User_Agent=IPHONE)
    event = (await teams.events(about=bob["id"]))[-1]
    assert (event["type"], event["data"]["device"]) == ("user.device_added", "Mobile Safari on iOS")
    await log_in(teams, ada, "browser", User_Agent=IPHONE, Cookie=f"device={stranger.cookies['device'].value}")
    assert (await teams.event_types(bob["id"])).count("user.device_added") == 1


async def test_the_devices_cookie_is_kept_from_scripts_and_other_sites(teams) -> None:
    ada = await teams.register()
    cookie = (await log_in(teams, ada, "browser")).cookies["device"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/v1/auth")
    rows = await teams.admin.fetch("SELECT d::text AS row FROM known_devices d")
    assert not [row for row in rows if cookie.value in row["row"]]


@pytest.mark.parametrize("agent", ["", "caf\u00e9", "x" * 8000, "Mozilla/5.0 (<script>alert(1)</script>)", "curl/8.1"])
async def test_whatever_a_device_calls_itself_it_signs_in(teams, agent) -> None:
    ada = await teams.register()
    answer = await log_in(teams, ada, User_Agent=agent)
    assert len((await sessions(teams, answer.body["access_token"]))["items"][0]["device"]) <= 80
