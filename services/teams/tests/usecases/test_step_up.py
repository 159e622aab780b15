"""Showing the second factor in a sign-in that is there: as guarded as the second step of signing in."""

import asyncio
from uuid import uuid4

import pytest

from chassis.database import Context
from teams.tokens import AccessTokens
from teams.usecases.refresh_session import refresh_session

PATH = "/v1/auth/mfa/step-up"


async def step_up(teams, person, code):
    return await teams.call("POST", PATH, {"code": code}, token=person.token)


def wrong(answer) -> bool:
    return (answer.status, answer.body["errors"][0]["pointer"], answer.body["errors"][0]["code"]) == (
        422,
        "/code",
        "code_wrong",
    )


async def forget_shown(teams, person) -> None:
    """As a sign-in by a provider is: it has shown nothing."""
    await teams.admin.execute("UPDATE sessions SET shown_factor = NULL WHERE user_id = $1", person.user_id)


async def demanded(teams):
    """Somebody with a second factor whose organization asks for one, and whose sign-in has not shown it."""
    ada = await teams.register()
    secret, codes = await teams.enable_mfa(ada)
    body = {"require_mfa": True}
    assert (await teams.call("PATCH", "/v1/organization", body, token=ada.token, If_Match="*")).status == 200
    await forget_shown(teams, ada)
    fresh = (await teams.call("POST", "/v1/auth/refresh", {"refresh_token": ada.refresh_token})).body
    assert fresh["mfa_enrollment_required"] is True
    ada.token, ada.refresh_token = fresh["access_token"], fresh["refresh_token"]
    return ada, secret, codes


async def test_a_code_leads_in_and_the_answer_is_that_of_a_switch(teams) -> None:
    ada, secret, _ = await demanded(teams)
    shown = await step_up(teams, ada, teams.code(secret))
    assert (shown.body["organization"]["id"], shown.body["refresh_token"]) == (str(ada.org_id), None)
    assert (await teams.call("GET", "/v1/members", token=shown.body["access_token"])).status == 200
    fresh = (await teams.call("POST", "/v1/auth/refresh", {"refresh_token": ada.refresh_token})).body
    assert fresh["mfa_enrollment_required"] is False


async def test_a_recovery_code_leads_in_once(teams) -> None:
    ada, _, codes = await demanded(teams)
    assert (await step_up(teams, ada, codes[0].upper())).status == 200
    assert wrong(await step_up(teams, ada, codes[0]))


async def test_a_code_works_once_also_sent_twice_at_once(teams) -> None:
    ada, secret, _ = await demanded(teams)
    code = teams.code(secret)
    answers = await asyncio.gather(*(step_up(teams, ada, code) for _ in range(4)))
    assert sorted(answer.status for answer in answers) == [200, 422, 422, 422]


async def test_a_code_that_signed_in_shows_nothing_more(teams) -> None:
    ada = await teams.register()
    secret, _ = await teams.enable_mfa(ada)
    body = {"email": ada.email, "password": teams.password, "client": "api"}
    challenge = (await teams.call("POST", "/v1/auth/login", body)).body["challenge"]
    code = teams.code(secret)
    verified = {"challenge": challenge, "code": code}
    assert (await teams.call("POST", "/v1/auth/mfa/verify", verified)).status == 200
    assert wrong(await step_up(teams, ada, code))


async def test_whoever_stole_the_token_tries_codes_as_slowly_as_at_the_sign_in(teams, shift) -> None:
    """One door for the account: tries here shut the codes of the sign-in too, and the other way round."""
    ada, secret, _ = await demanded(teams)
    statuses = [(await step_up(teams, ada, "000000")).status for _ in range(6)]
    assert statuses == [422] * 5 + [429]
    assert (await step_up(teams, ada, teams.code(secret))).status == 429
    body = {"email": ada.email, "password": teams.password, "client": "api"}
    challenge = (await teams.call("POST", "/v1/auth/login", body)).body["challenge"]
    answer = {"challenge": challenge, "code": teams.code(secret)}
    assert (await teams.call("POST", "/v1/auth/mfa/verify", answer)).status == 429
    shift(seconds=3)
    assert (await step_up(teams, ada, teams.code(secret))).status == 200


async def test_who_has_none_is_told_so_and_no_try_counts(teams) -> None:
    ada = await teams.register()
    refused = [await step_up(teams, ada, "123456") for _ in range(7)]
    assert {(answer.status, answer.code) for answer in refused} == {(409, "mfa_not_enabled")}
    begun = await teams.call("POST", "/v1/auth/mfa/totp", {"password": teams.password}, token=ada.token)
    code = teams.code(begun.body["secret"])
    assert (await step_up(teams, ada, code)).code == "mfa_not_enabled", "one that is being set up shows nothing"


@pytest.mark.parametrize("body", [{}, {"code": "12345"}, {"code": "1" * 41}, {"code": 123456}])
async def test_what_is_no_code(teams, body) -> None:
    ada = await teams.register()
    assert (await teams.call("POST", PATH, body, token=ada.token)).status == 422
    assert (await teams.call("POST", PATH, {"code": "123456"})).status == 401


async def test_nothing_of_a_suspended_organization_opens_by_it(teams) -> None:
    ada, secret, _ = await demanded(teams)
    path = f"/internal/v1/organizations/{ada.org_id}/suspend"
    why = {"staff_id": str(uuid4()), "reason": "dispute"}
    stopped = await teams.call("POST", path, why, token=teams.internal_token("admin"))
    assert stopped.status in (200, 204), stopped.body
    fresh = (await teams.call("POST", "/v1/auth/refresh", {"refresh_token": ada.refresh_token})).body
    ada.token = fresh["access_token"]
    shown = await step_up(teams, ada, teams.code(secret))
    refused = await teams.call("GET", "/v1/members", token=shown.body["access_token"])
    assert (shown.status, refused.status, refused.code) == (200, 403, "organization_suspended")


async def test_it_waits_for_a_refresh_of_the_same_sign_in(teams) -> None:
    """The session's row is held by whoever uses it: neither overwrites what the other stored."""
    ada, secret, _ = await demanded(teams)
    async with teams.api.transaction(Context("system:teams")) as tx:
        assert await refresh_session(tx, AccessTokens(teams.settings.keys), ada.refresh_token)
        showing = asyncio.create_task(step_up(teams, ada, teams.code(secret)))
        async with asyncio.timeout(10):
            while not await teams.admin.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ):
                pass
        assert not showing.done()
    assert (await showing).body["mfa_enrollment_required"] is False


async def test_a_sign_in_that_ended_shows_nothing_and_uses_no_code_up(teams) -> None:
    ada, secret, _ = await demanded(teams)
    assert (await teams.call("POST", "/v1/auth/logout", {"refresh_token": ada.refresh_token})).status == 204
    assert (await step_up(teams, ada, teams.code(secret))).status == 401
    body = {"email": ada.email, "password": teams.password, "client": "api"}
    challenge = (await teams.call("POST", "/v1/auth/login", body)).body["challenge"]
    verified = await teams.call("POST", "/v1/auth/mfa/verify", {"challenge": challenge, "code": teams.code(secret)})
    assert (verified.status, verified.body["mfa_enrollment_required"]) == (200, False)
