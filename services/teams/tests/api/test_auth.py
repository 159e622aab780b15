import asyncio
import statistics
import time

import pytest

from teams.domain.sessions import address_door


async def log_in(teams, email, password=None, **headers):
    body = {"email": email, "password": password or teams.password, "client": "api"}
    return await teams.call("POST", "/v1/auth/login", body, **headers)


async def refresh(teams, token, **headers):
    return await teams.call("POST", "/v1/auth/refresh", {"refresh_token": token}, **headers)


async def me_status(teams, token) -> int:
    return (await teams.call("GET", "/v1/me", token=token)).status


async def test_login(teams) -> None:
    ada = await teams.register()
    answer = await log_in(teams, ada.email.upper())
    assert answer.status == 200
    assert answer.body["user"]["id"] == str(ada.user_id)
    assert answer.body["organization"]["id"] == str(ada.org_id)
    assert await me_status(teams, answer.body["access_token"]) == 200


async def test_login_takes_a_password_however_it_was_typed(teams) -> None:
    ada = await teams.register(password="caf\u00e9 au lait au lit")
    assert (await log_in(teams, ada.email, "cafe\u0301 au lait au lit")).status == 200


async def test_login_leads_to_where_one_was_last(teams) -> None:
    ada = await teams.register()
    second = await teams.call("POST", "/v1/organizations", {"name": "Second"}, token=ada.token)
    body = {"organization_id": second.body["id"]}
    await teams.call("POST", "/v1/auth/switch-organization", body, token=ada.token)
    assert (await log_in(teams, ada.email)).body["organization"]["id"] == second.body["id"]


async def test_an_unknown_address_and_a_wrong_password_get_one_answer(teams) -> None:
    ada = await teams.register()
    wrong = await log_in(teams, ada.email, "not the password")
    unknown = await log_in(teams, teams.new_email(), "not the password")
    nonsense = await log_in(teams, "no address at all", "not the password")
    variable = {"request_id"}
    answers = [{k: v for k, v in a.body.items() if k not in variable} for a in (wrong, unknown, nonsense)]
    assert answers[0] == answers[1] == answers[2]
    assert [a.status for a in (wrong, unknown, nonsense)] == [401, 401, 401]
    assert wrong.code == "invalid_credentials"


async def test_an_unknown_address_takes_as_long(teams) -> None:
    people = [await teams.register() for _ in range(8)]

    async def seconds(email: str) -> float:
        began = time.perf_counter()
        await log_in(teams, email, "not the password")
        return time.perf_counter() - began

    known, unknown = [], []
    for person in people:
        known.append(await seconds(person.email))
        unknown.append(await seconds(teams.new_email()))
    assert 1 / 3 < statistics.median(known) / statistics.median(unknown) < 3


async def test_failures_slow_a_guesser_down_and_nobody_else(teams, shift) -> None:
    ada = await teams.register()
    guesser, home = {"X_Forwarded_For": "203.0.113.7"}, {"X_Forwarded_For": "198.51.100.1"}
    for _ in range(5):
        assert (await log_in(teams, ada.email, "a wrong guess", **guesser)).status == 401
    shut = await log_in(teams, ada.email, teams.password, **guesser)
    assert (shut.status, shut.code) == (429, "too_many_attempts")
    assert shut.headers["Retry-After"] == "2"
    assert (await log_in(teams, ada.email, **home)).status == 200
    shift(seconds=3)
    assert (await log_in(teams, ada.email, "another guess", **guesser)).status == 401
    assert (await log_in(teams, ada.email, **guesser)).headers["Retry-After"] == "4"
    shift(seconds=5)
    assert (await log_in(teams, ada.email, **guesser)).status == 200
    assert (await log_in(teams, ada.email, "a wrong guess", **guesser)).status == 401


async def test_the_door_shuts_for_unknown_addresses_alike(teams) -> None:
    email, guesser = teams.new_email(), {"X_Forwarded_For": "203.0.113.8"}
    statuses = [(await log_in(teams, email, "a wrong guess", **guesser)).status for _ in range(7)]
    assert statuses == [401] * 5 + [429] * 2


async def test_guesses_sent_at_once_count_each(teams) -> None:
    ada = await teams.register()
    guesser = {"X_Forwarded_For": "203.0.113.9"}
    answers = await asyncio.gather(*(log_in(teams, ada.email, f"guess number {n}", **guesser) for n in range(40)))
    assert sorted(answer.status for answer in answers) == [401] * 5 + [429] * 35


async def test_a_few_devices_may_sign_in_at_the_same_moment(teams) -> None:
    ada = await teams.register()
    answers = await asyncio.gather(*(log_in(teams, ada.email) for _ in range(5)))
    assert [answer.status for answer in answers] == [200] * 5


async def test_no_address_is_kept_of_who_failed(teams) -> None:
    await log_in(teams, "victim@example.com", "a wrong guess")
    rows = await teams.admin.fetch("SELECT login_attempts::text AS row FROM login_attempts")
    assert rows
    assert not [row for row in rows if "victim" in row["row"] or "127.0.0.1" in row["row"]]


async def test_refresh_rotates(teams) -> None:
    ada = await teams.register()
    answer = await refresh(teams, ada.refresh_token)
    assert answer.status == 200
    assert answer.body["refresh_token"] != ada.refresh_token
    assert await me_status(teams, answer.body["access_token"]) == 200


async def test_a_lost_answer_may_be_asked_for_again(teams, shift) -> None:
    ada = await teams.register()
    first = await refresh(teams, ada.refresh_token)
    shift(seconds=29)
    again = await refresh(teams, ada.refresh_token)
    assert (first.status, again.status) == (200, 200)
    shift(seconds=60)
    assert (await refresh(teams, again.body["refresh_token"])).status == 200


async def test_reuse_after_the_leeway_ends_the_whole_sign_in(teams, shift) -> None:
    ada = await teams.register()
    newer = (await refresh(teams, ada.refresh_token)).body
    shift(seconds=31)
    reused = await refresh(teams, ada.refresh_token)
    assert (reused.status, reused.code) == (401, "refresh_refused")
    assert (await refresh(teams, newer["refresh_token"])).status == 401
    assert await me_status(teams, newer["access_token"]) == 401
    event = (await teams.events())[-1]
    assert (event["type"], event["data"]["reason"]) == ("session.revoked", "refresh_reuse")
    assert event["data"]["user_id"] == str(ada.user_id)
    assert event["sequence"] == 2


async def test_of_twins_made_in_the_leeway_only_one_line_goes_on(teams, shift) -> None:
    """A thief who raced the owner within the leeway is found out at the next turn."""
    ada = await teams.register()
    owners, thiefs = await refresh(teams, ada.refresh_token), await refresh(teams, ada.refresh_token)
    shift(minutes=9)
    assert (await refresh(teams, owners.body["refresh_token"])).status == 200
    shift(minutes=9)
    assert (await refresh(teams, thiefs.body["refresh_token"])).status == 401
    assert (await teams.events())[-1]["type"] == "session.revoked"


async def test_ten_tabs_refresh_at_once_and_all_stay_signed_in(teams) -> None:
    ada = await teams.register()
    answers = await asyncio.gather(*(refresh(teams, ada.refresh_token) for _ in range(10)))
    assert [answer.status for answer in answers] == [200] * 10
    assert len({answer.body["refresh_token"] for answer in answers}) == 10
    assert "session.revoked" not in [e["type"] for e in await teams.events() if str(ada.user_id) in str(e["data"])]


@pytest.mark.parametrize("token", ["", "x" * 43, "a.b.c", "x" * 300])
async def test_what_is_no_refresh_token(teams, token) -> None:
    assert (await refresh(teams, token)).status in (401, 422)


async def test_a_sign_in_ends_after_thirty_days(teams, shift) -> None:
    ada = await teams.register()
    shift(days=30, seconds=1)
    assert (await refresh(teams, ada.refresh_token)).code == "refresh_refused"


async def test_a_browser_refreshes_by_cookie_and_other_origins_may_not(teams) -> None:
    sent = {"email": teams.new_email(), "password": teams.password, "name": "Ada", "organization_name": "Engines"}
    registered = await teams.call("POST", "/v1/auth/register", sent)
    cookie = f"refresh_token={registered.cookies['refresh_token'].value}"
    foreign = await teams.call("POST", "/v1/auth/refresh", {}, Cookie=cookie, Origin="https://evil.example")
    assert (foreign.status, foreign.code) == (403, "origin_refused")
    for origin in ("null", "http://localhost:8081", "https://localhost:8080", teams.public_url + ".evil.example"):
        assert (await teams.call("POST", "/v1/auth/refresh", {}, Cookie=cookie, Origin=origin)).status == 403
        assert (await teams.call("POST", "/v1/auth/logout", {}, Cookie=cookie, Origin=origin)).status == 403
    own = await teams.call("POST", "/v1/auth/refresh", {}, Cookie=cookie, Origin=teams.public_url)
    assert own.status == 200
    assert own.body["refresh_token"] is None
    assert own.cookies["refresh_token"].value != registered.cookies["refresh_token"].value


async def test_a_form_of_another_site_cannot_reach_refresh(teams) -> None:
    async with teams.http.post(teams.url + "/v1/auth/refresh", data={"refresh_token": "x"}) as answer:
        assert answer.status == 415


async def test_refresh_without_any_token(teams) -> None:
    assert (await teams.call("POST", "/v1/auth/refresh", {})).code == "refresh_token_required"


async def test_logout_ends_the_sign_in_at_once(teams) -> None:
    ada = await teams.register()
    elsewhere = await teams.log_in(ada)
    answer = await teams.call("POST", "/v1/auth/logout", {"refresh_token": ada.refresh_token})
    assert answer.status == 204
    assert answer.cookies["refresh_token"]["max-age"] == "0"
    assert await me_status(teams, ada.token) == 401
    assert (await refresh(teams, ada.refresh_token)).status == 401
    assert await me_status(teams, elsewhere.token) == 200
    event = (await teams.events())[-1]
    assert (event["type"], event["data"]["reason"]) == ("session.revoked", "logout")


async def test_logout_by_access_token_or_by_nothing(teams) -> None:
    ada = await teams.register()
    assert (await teams.call("POST", "/v1/auth/logout", {}, token=ada.token)).status == 204
    assert await me_status(teams, ada.token) == 401
    before = len(await teams.events())
    assert (await teams.call("POST", "/v1/auth/logout", {}, token=ada.token)).status == 204
    assert (await teams.call("POST", "/v1/auth/logout", {"refresh_token": "unknown"})).status == 204
    assert (await teams.call("POST", "/v1/auth/logout", {}, token="nonsense")).status == 204
    assert len(await teams.events()) == before


async def test_logging_out_at_once_from_many_tabs_is_one_fact(teams) -> None:
    ada = await teams.register()
    body = {"refresh_token": ada.refresh_token}
    answers = await asyncio.gather(*(teams.call("POST", "/v1/auth/logout", body) for _ in range(8)))
    assert {answer.status for answer in answers} == {204}
    revoked = [e for e in await teams.events() if e["type"] == "session.revoked"]
    assert len([e for e in revoked if e["data"]["user_id"] == str(ada.user_id)]) == 1


async def test_switching_keeps_the_sign_in(teams) -> None:
    ada = await teams.register()
    second = (await teams.call("POST", "/v1/organizations", {"name": "Second"}, token=ada.token)).body
    body = {"organization_id": second["id"]}
    answer = await teams.call("POST", "/v1/auth/switch-organization", body, token=ada.token)
    assert answer.status == 200
    assert answer.body["organization"]["id"] == second["id"]
    assert answer.body["refresh_token"] is None
    me = (await teams.call("GET", "/v1/me", token=answer.body["access_token"])).body
    assert me["organization"]["id"] == second["id"]
    assert (await refresh(teams, ada.refresh_token)).body["organization"]["id"] == second["id"]


async def test_switching_to_a_foreign_organization_is_as_if_it_did_not_exist(teams) -> None:
    ada, eve = await teams.register(), await teams.register()
    answers = [
        await teams.call("POST", "/v1/auth/switch-organization", {"organization_id": str(org)}, token=eve.token)
        for org in (ada.org_id, ada.user_id)
    ]
    assert [(a.status, a.code) for a in answers] == [(404, "not_found")] * 2
    assert answers[0].body["detail"] == answers[1].body["detail"]


async def test_one_guess_at_each_of_many_accounts_slows_their_address_down_and_no_account(teams) -> None:
    """Password spraying: no account's own door ever shuts, so the address has one too."""
    people = [await teams.register() for _ in range(2)]
    sprayer, office = {"X_Forwarded_For": "203.0.113.66"}, {"X_Forwarded_For": "198.51.100.66"}
    for _ in range(50):
        assert (await log_in(teams, teams.new_email(), "Summer2026!!", **sprayer)).status == 401
    shut = await log_in(teams, people[0].email, "Summer2026!!", **sprayer)
    assert (shut.status, shut.code) == (429, "too_many_attempts")
    assert (await log_in(teams, people[0].email, **office)).status == 200


async def test_right_passwords_do_not_count_against_an_address(teams) -> None:
    ada, office = await teams.register(), {"X_Forwarded_For": "198.51.100.67"}
    for _ in range(49):
        await log_in(teams, teams.new_email(), "a typing mistake", **office)
    for _ in range(5):
        assert (await log_in(teams, ada.email, **office)).status == 200
    assert (await log_in(teams, teams.new_email(), "a typing mistake", **office)).status == 401
    assert (await log_in(teams, ada.email, **office)).status == 429


async def test_a_wait_at_an_address_ends_after_a_minute_at_most(teams, shift) -> None:
    ada, sprayer = await teams.register(), {"X_Forwarded_For": "203.0.113.68"}
    await teams.admin.execute(
        "INSERT INTO login_attempts (door, failures, attempted_at) VALUES ($1, 5000, $2)",
        address_door("203.0.113.68"),
        teams.clock.now(),
    )
    await log_in(teams, teams.new_email(), "a wrong guess", **sprayer)
    assert (await log_in(teams, ada.email, **sprayer)).headers["Retry-After"] == "60"
    shift(seconds=61)
    assert (await log_in(teams, ada.email, **sprayer)).status == 200
