"""Password, then code; what works once, what shuts, what ends."""

import asyncio
import statistics
import time
from typing import Any

import pytest

from chassis.testing import TestIssuer
from contracts.ids import new_id

LOGIN, TOTP, ME = "/admin/v1/auth/login", "/admin/v1/auth/totp", "/admin/v1/auth/me"
REFRESH, LOGOUT = "/admin/v1/auth/refresh", "/admin/v1/auth/logout"


def cookie(person: Any) -> dict[str, str]:
    return {"Cookie": f"admin_refresh_token={person.cookie}"}


async def test_password_and_code_open_a_session(admin) -> None:
    person = await admin.colleague()
    said = (await admin.call("GET", ME, token=person.token)).ok()
    assert said["staff"]["email"] == person.email
    assert "deadletters:replay" in said["permissions"]


async def test_the_password_alone_opens_nothing(admin) -> None:
    person = await admin.hire()
    answer = await admin.call("POST", LOGIN, {"email": person.email, "password": admin.password})
    assert answer.ok().keys() == {"challenge", "expires_in"}
    assert (await admin.call("GET", ME, token=answer.body["challenge"])).code == "token_invalid"


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
async def test_a_wrong_password_says_the_same_whoever_it_is_for(admin, known) -> None:
    email = (await admin.hire()).email if known else f"{new_id()}@ours.example"
    answer = await admin.call("POST", LOGIN, {"email": email, "password": "not this one"})
    assert (answer.status, answer.code) == (401, "invalid_credentials")


async def test_an_unknown_address_takes_as_long(admin) -> None:
    people = [await admin.hire() for _ in range(5)]

    async def seconds(email: str) -> float:
        started = time.perf_counter()
        await admin.call("POST", LOGIN, {"email": email, "password": "not this one"})
        return time.perf_counter() - started

    known = [await seconds(person.email) for person in people]
    unknown = [await seconds(f"{new_id()}@ours.example") for _ in people]
    assert 0.5 < statistics.median(known) / statistics.median(unknown) < 2


async def test_a_code_works_once(admin) -> None:
    person = await admin.hire()
    code = admin.code(person)
    first, second = await admin.challenge(person), await admin.challenge(person)
    (await admin.call("POST", TOTP, {"challenge": first, "code": code})).ok()
    answer = await admin.call("POST", TOTP, {"challenge": second, "code": code})
    assert (answer.status, answer.code) == (401, "code_refused")


async def test_a_code_sent_three_times_at_once_opens_one_session(admin) -> None:
    person = await admin.hire()
    code, challenges = admin.code(person), [await admin.challenge(person) for _ in range(3)]
    answers = await asyncio.gather(*(admin.call("POST", TOTP, {"challenge": one, "code": code}) for one in challenges))
    assert sorted(answer.status for answer in answers) == [200, 401, 401]


async def test_an_earlier_code_does_not_work_after_a_later_one(admin) -> None:
    person = await admin.hire()
    earlier, later = admin.code(person), admin.code(person, 1)
    (await admin.call("POST", TOTP, {"challenge": await admin.challenge(person), "code": later})).ok()
    answer = await admin.call("POST", TOTP, {"challenge": await admin.challenge(person), "code": earlier})
    assert answer.code == "code_refused"


@pytest.mark.parametrize("steps", [-3, 3])
async def test_a_code_from_another_time_does_not_fit(admin, steps) -> None:
    person = await admin.hire()
    code = admin.code(person, steps)
    answer = await admin.call("POST", TOTP, {"challenge": await admin.challenge(person), "code": code})
    assert answer.code == "code_refused"


async def test_a_challenge_ends_after_five_minutes_and_after_its_answer(admin, shift) -> None:
    person = await admin.hire()
    challenge = await admin.challenge(person)
    (await admin.call("POST", TOTP, {"challenge": challenge, "code": admin.code(person)})).ok()
    shift(seconds=31)
    again = await admin.call("POST", TOTP, {"challenge": challenge, "code": admin.code(person)})
    assert again.code == "code_refused"
    late = await admin.challenge(person)
    shift(minutes=5, seconds=1)
    assert (await admin.call("POST", TOTP, {"challenge": late, "code": admin.code(person)})).code == "code_refused"


async def test_a_recovery_code_works_once_in_place_of_a_code(admin) -> None:
    person = await admin.hire()
    code = person.recovery_codes[3].upper()
    (await admin.call("POST", TOTP, {"challenge": await admin.challenge(person), "code": code})).ok()
    answer = await admin.call("POST", TOTP, {"challenge": await admin.challenge(person), "code": code})
    assert answer.code == "code_refused"
    stored = await admin.superuser.fetch("SELECT code_hash FROM admin_recovery_codes")
    assert not any(code.replace("-", "").lower().encode() in row["code_hash"] for row in stored)


async def test_wrong_codes_shut_the_account_also_for_new_challenges(admin) -> None:
    person = await admin.hire()
    wrong = admin.code(person, 40)
    answers = []
    for _ in range(5):
        answers.append(await admin.call("POST", TOTP, {"challenge": await admin.challenge(person), "code": wrong}))
    assert [answer.status for answer in answers[:3]] == [401, 401, 401]
    assert answers[-1].status == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    right = await admin.call("POST", TOTP, {"challenge": await admin.challenge(person), "code": admin.code(person)})
    assert right.status == 429


async def test_wrong_passwords_shut_the_door_for_this_client_and_the_right_one_opens_it_later(admin, shift) -> None:
    person = await admin.hire()
    wrong = [await admin.call("POST", LOGIN, {"email": person.email, "password": "no"}) for _ in range(4)]
    assert [answer.status for answer in wrong] == [401, 401, 401, 429]
    elsewhere = await admin.call(
        "POST", LOGIN, {"email": person.email, "password": admin.password}, X_Forwarded_For="203.0.113.9"
    )
    elsewhere.ok()
    shift(seconds=3)
    await admin.challenge(person)
    assert (await admin.call("POST", LOGIN, {"email": person.email, "password": "no"})).status == 401


async def test_the_cookie_is_for_the_browser_alone(admin) -> None:
    person = await admin.hire()
    answer = await admin.call("POST", TOTP, {"challenge": await admin.challenge(person), "code": admin.code(person)})
    written = answer.headers["Set-Cookie"]
    assert all(word in written for word in ("HttpOnly", "SameSite=Strict", "Path=/admin/v1/auth", "Max-Age=28800"))
    assert answer.cookies["admin_refresh_token"].value not in str(answer.body)


async def test_refresh_rotates_and_an_old_cookie_ends_everything(admin, shift) -> None:
    person = await admin.colleague()
    first = await admin.call("POST", REFRESH, **cookie(person))
    fresh = first.ok()["access_token"]
    (await admin.call("GET", ME, token=fresh)).ok()
    shift(seconds=31)
    assert (await admin.call("POST", REFRESH, **cookie(person))).code == "refresh_refused"
    assert (await admin.call("GET", ME, token=fresh)).code == "session_ended"


async def test_a_refresh_from_another_sites_page_is_refused(admin) -> None:
    person = await admin.colleague()
    answer = await admin.call("POST", REFRESH, Origin="https://evil.example", **cookie(person))
    assert (answer.status, answer.code) == (403, "origin_refused")
    assert (await admin.call("POST", REFRESH)).code == "refresh_token_required"


async def test_half_an_hour_idle_ends_a_session(admin, shift) -> None:
    person = await admin.colleague()
    for _ in range(3):
        shift(minutes=25)
        renewed = await admin.call("POST", REFRESH, **cookie(person))
        person.token, person.cookie = renewed.ok()["access_token"], renewed.cookies["admin_refresh_token"].value
    shift(minutes=30, seconds=1)
    assert (await admin.call("POST", REFRESH, **cookie(person))).code == "refresh_refused"


async def test_eight_hours_end_a_session_however_busy(admin, shift) -> None:
    person = await admin.colleague()
    for _ in range(19):
        shift(minutes=25)
        renewed = await admin.call("POST", REFRESH, **cookie(person))
        person.cookie = renewed.cookies["admin_refresh_token"].value
    shift(minutes=6)
    assert (await admin.call("POST", REFRESH, **cookie(person))).code == "refresh_refused"


async def test_signing_out_ends_every_token_of_the_sign_in(admin) -> None:
    person = await admin.colleague()
    answer = await admin.call("POST", LOGOUT, token=person.token)
    assert answer.status == 204
    assert (await admin.call("GET", ME, token=person.token)).code == "session_ended"
    assert (await admin.call("POST", REFRESH, **cookie(person))).code == "refresh_refused"
    assert (await admin.call("POST", LOGOUT)).status == 204


async def test_who_is_disabled_or_changed_role_is_out_at_once(admin) -> None:
    person, other = await admin.colleague(), await admin.colleague()
    await admin.superuser.execute("UPDATE admin_users SET state = 'disabled' WHERE id = $1", person.staff.id)
    assert (await admin.call("GET", ME, token=person.token)).code == "session_ended"
    body = {"email": person.email, "password": admin.password}
    assert (await admin.call("POST", LOGIN, body)).code == "invalid_credentials"
    await admin.superuser.execute("UPDATE admin_users SET role = 'support' WHERE id = $1", other.staff.id)
    assert (await admin.call("GET", ME, token=other.token)).code == "session_ended"
    renewed = (await admin.call("POST", REFRESH, **cookie(other))).ok()
    assert renewed["permissions"] == ["customers:read"]


async def test_a_customers_token_is_refused(admin) -> None:
    issuer = TestIssuer()
    answer = await admin.call("GET", ME, token=issuer.token(org_id=new_id()))
    assert (answer.status, answer.code) == (401, "token_invalid")


async def test_every_turn_of_a_sign_in_is_in_the_audit_log(admin) -> None:
    person = await admin.hire()
    await admin.call("POST", LOGIN, {"email": person.email, "password": "no"}, X_Request_Id="a-known-request")
    challenge = await admin.challenge(person)
    await admin.call("POST", TOTP, {"challenge": challenge, "code": "000000"})
    await admin.call("POST", TOTP, {"challenge": challenge, "code": admin.code(person)})
    about = [row for row in await admin.rows() if str(person.staff.id) in row["target"] + row["actor"]]
    assert [row["action"] for row in about] == [
        "auth.password_refused",
        "auth.password_accepted",
        "auth.code_refused",
        "auth.signed_in",
    ]
    assert [row["actor"] for row in about] == ["nobody", "nobody", "nobody", person.actor]
    assert about[0]["details"] == {"email": person.email, "address": "127.0.0.1"}
    assert about[0]["request_id"] == "a-known-request"
    unknown = await admin.call("POST", LOGIN, {"email": "who@ours.example", "password": "no"})
    assert unknown.status == 401
    assert (await admin.rows(action="auth.password_refused"))[-1]["details"]["email"] == "who@ours.example"


async def test_nothing_secret_is_stored_in_the_open(admin) -> None:
    person = await admin.colleague()
    challenge = await admin.challenge(person)
    for table in (
        "admin_users",
        "admin_challenges",
        "admin_refresh_tokens",
        "admin_audit_details",
        "admin_recovery_codes",
    ):
        stored = str(await admin.superuser.fetch(f"SELECT * FROM {table}"))
        for secret in (person.seed, person.cookie, challenge, admin.password, person.token):
            assert secret not in stored
