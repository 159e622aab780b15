"""Two-step sign-in: a code works once, nothing skips it, an organization may ask for it."""

import asyncio
from datetime import datetime
from xml.etree import ElementTree


async def log_in(teams, person):
    body = {"email": person.email, "password": teams.password, "client": "api"}
    return await teams.call("POST", "/v1/auth/login", body)


async def challenge(teams, person) -> str:
    answer = await log_in(teams, person)
    assert answer.body["mfa_required"] is True, answer.body
    return str(answer.body["challenge"])


async def verify(teams, secret_challenge, code):
    return await teams.call("POST", "/v1/auth/mfa/verify", {"challenge": secret_challenge, "code": code})


async def state(teams, person):
    return (await teams.call("GET", "/v1/auth/mfa", token=person.token)).body


async def test_it_is_set_up_with_a_code_and_asked_for_from_then_on(teams) -> None:
    ada = await teams.register()
    assert await state(teams, ada) == {"enabled": False, "enabled_at": None, "recovery_codes_left": 0}
    begun = await teams.call("POST", "/v1/auth/mfa/totp", {"password": teams.password}, token=ada.token)
    assert begun.body["uri"].startswith("otpauth://totp/ObjectaLabs:")
    assert begun.body["secret"] in begun.body["uri"]
    assert ElementTree.fromstring(begun.body["qr_svg"]).tag.endswith("svg")
    assert (await log_in(teams, ada)).body["access_token"]
    body = {"code": teams.code(begun.body["secret"])}
    done = await teams.call("POST", "/v1/auth/mfa/totp/confirm", body, token=ada.token)
    assert len(set(done.body["recovery_codes"])) == 10
    shown = await state(teams, ada)
    assert (shown["enabled"], shown["recovery_codes_left"]) == (True, 10)
    answer = await verify(teams, await challenge(teams, ada), teams.code(begun.body["secret"], 1))
    assert (answer.status, answer.body["user"]["id"]) == (200, str(ada.user_id))
    assert answer.body["refresh_token"]
    assert "user.mfa_enabled" in await teams.event_types(ada.user_id)


async def test_turning_it_on_ends_the_devices_that_did_not_show_it(teams) -> None:
    ada = await teams.register()
    other = await teams.log_in(ada)
    await teams.enable_mfa(ada)
    statuses = [(await teams.call("GET", "/v1/me", token=one.token)).status for one in (ada, other)]
    assert statuses == [200, 401]


async def test_a_code_works_once_also_sent_twice_at_once(teams) -> None:
    ada = await teams.register()
    secret, _ = await teams.enable_mfa(ada)
    challenges = [await challenge(teams, ada) for _ in range(4)]
    code = teams.code(secret)
    answers = await asyncio.gather(*(verify(teams, one, code) for one in challenges))
    assert sorted(answer.status for answer in answers) == [200, 401, 401, 401]


async def test_the_code_of_the_set_up_does_not_sign_in(teams) -> None:
    ada = await teams.register()
    begun = await teams.call("POST", "/v1/auth/mfa/totp", {"password": teams.password}, token=ada.token)
    code = teams.code(begun.body["secret"])
    await teams.call("POST", "/v1/auth/mfa/totp/confirm", {"code": code}, token=ada.token)
    assert (await verify(teams, await challenge(teams, ada), code)).status == 401


async def test_a_challenge_is_answered_once_within_five_minutes_and_five_tries(teams, shift) -> None:
    ada = await teams.register()
    secret, _ = await teams.enable_mfa(ada)
    one = await challenge(teams, ada)
    assert (await verify(teams, one, teams.code(secret))).status == 200
    assert (await verify(teams, one, teams.code(secret, 1))).status == 401
    late = await challenge(teams, ada)
    shift(minutes=5, seconds=1)
    assert (await verify(teams, late, teams.code(secret))).status == 401
    assert (await verify(teams, "nobodys challenge", teams.code(secret))).code == "code_refused"


async def test_guessed_codes_shut_the_accounts_codes_over_all_challenges(teams, shift) -> None:
    ada = await teams.register()
    secret, _ = await teams.enable_mfa(ada)
    statuses = []
    for _ in range(2):
        one = await challenge(teams, ada)
        statuses += [(await verify(teams, one, "000000")).status for _ in range(3)]
    assert statuses == [401] * 5 + [429]
    shift(seconds=3)
    assert (await verify(teams, await challenge(teams, ada), teams.code(secret))).status == 200


async def test_a_recovery_code_stands_in_for_a_lost_phone_once(teams) -> None:
    ada = await teams.register()
    _, codes = await teams.enable_mfa(ada)
    typed = codes[0].upper().replace("-", " ")
    assert (await verify(teams, await challenge(teams, ada), typed)).status == 200
    assert (await verify(teams, await challenge(teams, ada), codes[0])).status == 401
    assert (await state(teams, ada))["recovery_codes_left"] == 9


async def test_new_recovery_codes_replace_the_old_ones(teams) -> None:
    ada = await teams.register()
    secret, old = await teams.enable_mfa(ada)
    body = {"password": teams.password, "code": teams.code(secret)}
    new = await teams.call("POST", "/v1/auth/mfa/recovery-codes", body, token=ada.token)
    assert not set(new.body["recovery_codes"]) & set(old)
    assert (await verify(teams, await challenge(teams, ada), old[0])).status == 401
    assert (await verify(teams, await challenge(teams, ada), new.body["recovery_codes"][0])).status == 200


async def test_turning_it_off_needs_password_and_code(teams) -> None:
    ada = await teams.register()
    secret, _ = await teams.enable_mfa(ada)
    path = "/v1/auth/mfa/disable"
    for password, code, pointer in (
        ("not the password", teams.code(secret), "/password"),
        (teams.password, "000000", "/code"),
    ):
        refused = await teams.call("POST", path, {"password": password, "code": code}, token=ada.token)
        assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, pointer)
    body = {"password": teams.password, "code": teams.code(secret)}
    assert (await teams.call("POST", path, body, token=ada.token)).status == 204
    assert (await log_in(teams, ada)).body["access_token"]
    assert (await teams.event_types(ada.user_id))[-1] == "user.mfa_disabled"
    assert (await teams.call("POST", path, body, token=ada.token)).code == "mfa_not_enabled"


async def test_who_found_an_open_browser_sets_nothing_up(teams) -> None:
    ada = await teams.register()
    refused = await teams.call("POST", "/v1/auth/mfa/totp", {"password": "not the password"}, token=ada.token)
    assert (refused.status, refused.body["errors"][0]["code"]) == (422, "password_wrong")
    early = await teams.call("POST", "/v1/auth/mfa/totp/confirm", {"code": "123456"}, token=ada.token)
    assert early.code == "mfa_not_begun"
    await teams.enable_mfa(ada)
    again = await teams.call("POST", "/v1/auth/mfa/totp", {"password": teams.password}, token=ada.token)
    assert (again.status, again.code) == (409, "mfa_enabled")


async def test_seeds_codes_and_challenges_are_not_stored_in_the_open(teams) -> None:
    ada = await teams.register()
    secret, codes = await teams.enable_mfa(ada)
    one = await challenge(teams, ada)
    for table in ("second_factors", "recovery_codes", "mfa_challenges", "outbox", "idempotency_keys"):
        stored = " ".join(row["row"] for row in await teams.admin.fetch(f"SELECT t::text AS row FROM {table} t"))
        for value in (secret, codes[0].replace("-", ""), one):
            assert value not in stored
            assert value.encode().hex() not in stored


async def require(teams, person, required=True):
    shown = await teams.call("GET", "/v1/organization", token=person.token)
    answer = await teams.call(
        "PATCH", "/v1/organization", {"require_mfa": required}, token=person.token, If_Match=shown.headers["ETag"]
    )
    await refresh(teams, person)
    return answer


async def refresh(teams, person) -> dict:
    fresh = (await teams.call("POST", "/v1/auth/refresh", {"refresh_token": person.refresh_token})).body
    person.token, person.refresh_token = fresh["access_token"], fresh["refresh_token"]
    return fresh


async def test_an_organization_asks_for_it_and_members_without_it_reach_nothing_of_it(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada)
    first = await require(teams, ada)
    assert (first.status, first.code) == (409, "mfa_needed_first")
    await teams.enable_mfa(ada)
    assert (await require(teams, ada)).body["require_mfa"] is True
    answer = (await log_in(teams, bob)).body
    assert (answer["mfa_enrollment_required"], answer["organization"]) == (True, None)
    refused = await teams.call("GET", "/v1/members", token=answer["access_token"])
    assert (refused.status, refused.code) == (403, "mfa_enrollment_required")
    me = (await teams.call("GET", "/v1/me", token=answer["access_token"])).body
    assert (me["organization"], me["mfa_enrollment_required"], me["mfa_enabled"]) == (None, True, False)


async def test_the_demand_holds_at_once_for_tokens_that_are_out(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada)
    await teams.enable_mfa(ada)
    old = ada.token
    await require(teams, ada)
    for token in (old, bob.token):
        refused = await teams.call("GET", "/v1/members", token=token)
        assert (refused.status, refused.code) == (401, "token_revoked")
    assert (await teams.call("GET", "/v1/members", token=ada.token)).status == 200
    assert (await refresh(teams, bob))["mfa_enrollment_required"] is True
    told = [one for one in await teams.events(about=ada.org_id) if one["type"] == "organization.updated"][-1]["data"]
    asked = await teams.call("GET", "/internal/v1/revocations", token=teams.internal_token())
    since = {one["not_before"] for one in asked.body["items"] if one["org_id"] == str(ada.org_id)}
    assert len(since) == 1
    assert datetime.fromisoformat(since.pop()) == datetime.fromisoformat(told["tokens_not_before"])


async def test_whatever_else_changes_of_an_organization_ends_no_token(teams) -> None:
    ada = await teams.register()
    await teams.enable_mfa(ada)
    await require(teams, ada)
    old = ada.token
    await require(teams, ada, required=False)
    renamed = await teams.call("PATCH", "/v1/organization", {"name": "Engines"}, token=old, If_Match="*")
    assert renamed.status == 200
    assert (await teams.call("GET", "/v1/members", token=old)).status == 200
    told = [one["data"] for one in await teams.events(about=ada.org_id) if one["type"] == "organization.updated"]
    assert [one.get("tokens_not_before") is None for one in told] == [False, True, True]


async def test_neither_refreshing_nor_switching_leads_around_it(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada)
    await teams.enable_mfa(ada)
    await require(teams, ada)
    refreshed = (await teams.call("POST", "/v1/auth/refresh", {"refresh_token": bob.refresh_token})).body
    assert refreshed["mfa_enrollment_required"] is True
    token = refreshed["access_token"]
    body = {"organization_id": str(ada.org_id)}
    switched = (await teams.call("POST", "/v1/auth/switch-organization", body, token=token)).body
    assert switched["mfa_enrollment_required"] is True
    refused = await teams.call("GET", "/v1/members", token=switched["access_token"])
    assert refused.code == "mfa_enrollment_required"


async def test_once_it_is_set_up_the_next_token_reaches_the_organization(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada)
    await teams.enable_mfa(ada)
    await require(teams, ada)
    answer = (await log_in(teams, bob)).body
    bob.token = answer["access_token"]
    await teams.enable_mfa(bob)
    fresh = (await teams.call("POST", "/v1/auth/refresh", {"refresh_token": answer["refresh_token"]})).body
    assert (fresh["mfa_enrollment_required"], fresh["organization"]["id"]) == (False, str(ada.org_id))
    assert (await teams.call("GET", "/v1/members", token=fresh["access_token"])).status == 200


async def test_other_organizations_of_the_person_do_not_mind(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada)
    await teams.enable_mfa(ada)
    await require(teams, ada)
    token = (await log_in(teams, bob)).body["access_token"]
    own = (await teams.call("POST", "/v1/organizations", {"name": "Bobs"}, token=token)).body
    body = {"organization_id": own["id"]}
    switched = (await teams.call("POST", "/v1/auth/switch-organization", body, token=token)).body
    assert (switched["mfa_enrollment_required"], switched["organization"]["id"]) == (False, own["id"])


async def test_who_turns_it_off_is_out_of_what_asks_for_it(teams) -> None:
    ada = await teams.register()
    secret, _ = await teams.enable_mfa(ada)
    await require(teams, ada)
    body = {"password": teams.password, "code": teams.code(secret)}
    await teams.call("POST", "/v1/auth/mfa/disable", body, token=ada.token)
    fresh = (await teams.call("POST", "/v1/auth/refresh", {"refresh_token": ada.refresh_token})).body
    assert fresh["mfa_enrollment_required"] is True
