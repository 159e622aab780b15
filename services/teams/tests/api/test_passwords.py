"""Forgotten and changed passwords: what they end, what they do not skip, what they give away."""

import asyncio

import pytest

NEW = "a loud mountain at dusk"


async def log_in(teams, email, password=None, **headers):
    body = {"email": email, "password": password or teams.password, "client": "api"}
    return await teams.call("POST", "/v1/auth/login", body, **headers)


async def reset(teams, token, password=NEW):
    return await teams.call("POST", "/v1/auth/reset-password", {"token": token, "password": password})


async def me_status(teams, person) -> int:
    return (await teams.call("GET", "/v1/me", token=person.token)).status


async def test_a_forgotten_password_is_chosen_anew_and_every_sign_in_ends(teams) -> None:
    ada = await teams.register()
    other = await teams.log_in(ada)
    token = await teams.reset_token(ada.email.upper())
    answer = await reset(teams, token)
    assert (answer.status, answer.body) == (204, None)
    assert [await me_status(teams, one) for one in (ada, other)] == [401, 401]
    refreshed = await teams.call("POST", "/v1/auth/refresh", {"refresh_token": ada.refresh_token})
    assert refreshed.status == 401
    assert (await log_in(teams, ada.email)).status == 401
    assert (await log_in(teams, ada.email, NEW)).status == 200
    ended = [e for e in await teams.events() if e["type"] == "session.revoked" and str(ada.user_id) in str(e["data"])]
    assert [e["data"]["reason"] for e in ended] == ["password_changed"] * 2
    assert (await teams.event_types(ada.user_id))[-2:] == ["user.email_verified", "user.password_changed"]


async def test_a_link_works_once_also_sent_twice_at_once(teams) -> None:
    ada = await teams.register()
    token = await teams.reset_token(ada.email)
    answers = await asyncio.gather(*(reset(teams, token) for _ in range(5)))
    assert sorted(answer.status for answer in answers) == [204] + [404] * 4
    late = await reset(teams, token)
    assert (late.status, late.code) == (404, "link_unknown")


async def test_a_link_works_for_an_hour_and_only_the_newest_does(teams, shift) -> None:
    ada = await teams.register()
    first = await teams.reset_token(ada.email)
    shift(minutes=2)
    second = await teams.reset_token(ada.email)
    assert (await reset(teams, first)).code == "link_unknown"
    shift(hours=1)
    late = await reset(teams, second)
    assert (late.status, late.code) == (410, "link_expired")
    assert (await log_in(teams, ada.email)).status == 200


async def test_a_weak_new_password_leaves_the_link_as_it_is(teams) -> None:
    ada = await teams.register()
    token = await teams.reset_token(ada.email)
    for weak in ("short", "passwordpassword", f"{ada.email} x"):
        refused = await reset(teams, token, weak)
        assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, "/password")
    assert (await reset(teams, token)).status == 204


async def test_a_reset_does_not_skip_the_second_factor(teams) -> None:
    ada = await teams.register()
    secret, _ = await teams.enable_mfa(ada)
    await reset(teams, await teams.reset_token(ada.email))
    answer = await log_in(teams, ada.email, NEW)
    assert answer.body.keys() == {"mfa_required", "challenge", "expires_in"}
    body = {"challenge": answer.body["challenge"], "code": teams.code(secret)}
    assert (await teams.call("POST", "/v1/auth/mfa/verify", body)).status == 200


async def test_a_challenge_of_the_old_password_dies_with_it(teams) -> None:
    ada = await teams.register()
    secret, _ = await teams.enable_mfa(ada)
    challenge = (await log_in(teams, ada.email)).body["challenge"]
    await reset(teams, await teams.reset_token(ada.email))
    body = {"challenge": challenge, "code": teams.code(secret)}
    assert (await teams.call("POST", "/v1/auth/mfa/verify", body)).status == 401


async def test_asking_tells_nobody_whether_there_is_an_account(teams) -> None:
    """The same answer after the same work: one row written, no hash computed, nothing looked up."""
    ada = await teams.register()
    unknown = teams.new_email()
    await teams.run_jobs()
    answers = [await teams.call("POST", "/v1/auth/forgot-password", {"email": e}) for e in (ada.email, unknown, "x@")]
    assert [answer.status for answer in answers] == [202] * 3
    assert answers[0].body == answers[1].body == answers[2].body
    rows = await teams.admin.fetch("SELECT email FROM reset_requests ORDER BY id")
    assert [row["email"] for row in rows] == [ada.email, unknown, "x@"]
    await teams.run_jobs()
    assert await teams.admin.fetchval("SELECT count(*) FROM reset_requests") == 0
    assert len(await teams.mails(ada.email, "reset_password")) == 1
    assert await teams.mails(unknown, "reset_password") == []


async def test_known_and_unknown_addresses_cost_the_same_statements(teams) -> None:
    """Rows written at the door, table by table."""
    ada = await teams.register()

    async def work(email) -> dict:
        before = await _written(teams)
        await teams.call("POST", "/v1/auth/forgot-password", {"email": email})
        after = await _written(teams)
        return {table: after[table] - before[table] for table in after}

    assert await work(ada.email) == await work(teams.new_email())


async def _written(teams) -> dict:
    tables = ("login_attempts", "reset_requests", "mailed_links", "outbox", "users")
    return {table: await teams.admin.fetchval(f"SELECT count(*) FROM {table}") for table in tables}


async def test_a_mailbox_is_not_flooded(teams) -> None:
    ada = await teams.register()
    statuses = [(await teams.call("POST", "/v1/auth/forgot-password", {"email": ada.email})).status for _ in range(7)]
    assert statuses == [202] * 5 + [429] * 2
    await teams.run_jobs()
    assert len(await teams.mails(ada.email, "reset_password")) == 1


async def test_the_link_is_in_the_sealed_mail_and_nowhere_else(teams) -> None:
    ada = await teams.register()
    token = await teams.reset_token(ada.email)
    for table in ("mailed_links", "outbox", "reset_requests", "idempotency_keys"):
        rows = await teams.admin.fetch(f"SELECT t::text AS row FROM {table} t")
        assert not [row for row in rows if token in row["row"] or token.encode().hex() in row["row"]], table


async def test_changing_it_needs_the_old_one_and_ends_the_other_devices(teams) -> None:
    ada = await teams.register()
    other = await teams.log_in(ada)
    path = "/v1/auth/change-password"
    wrong = await teams.call("POST", path, {"current_password": "not the one", "password": NEW}, token=ada.token)
    assert (wrong.status, wrong.body["errors"][0]) == (
        422,
        {"pointer": "/current_password", "code": "password_wrong", "detail": "This is not your password."},
    )
    body = {"current_password": teams.password, "password": NEW}
    done = await teams.call("POST", path, body, token=ada.token)
    assert (done.status, done.body) == (200, {"ended_sessions": 1})
    assert [await me_status(teams, one) for one in (ada, other)] == [200, 401]
    assert (await log_in(teams, ada.email, NEW)).status == 200
    event = (await teams.events(about=ada.user_id))[-1]
    assert (event["type"], event["data"]["email"]) == ("user.password_changed", ada.email)


async def test_guessing_the_old_one_with_a_stolen_token_slows_down(teams) -> None:
    ada = await teams.register()
    body = {"current_password": "a wrong guess", "password": NEW}
    statuses = [(await teams.call("POST", "/v1/auth/change-password", body, token=ada.token)).status for _ in range(7)]
    assert statuses == [422] * 5 + [429] * 2


async def test_a_sign_in_that_was_being_judged_when_the_password_changed_fails(teams) -> None:
    """The hash it was compared with is gone by the time the session would be opened."""
    from chassis.database import Context
    from teams.domain.sessions import Device
    from teams.storage.users import Account
    from teams.tokens import AccessTokens
    from teams.usecases.log_in import finish_log_in

    ada = await teams.register()
    stale = Account(ada.user_id, "the hash that was compared")
    async with teams.api.transaction(Context("system:teams")) as tx:
        outcome = await finish_log_in(
            tx,
            AccessTokens(teams.settings.keys),
            account=stale,
            new_hash=None,
            email=ada.email,
            client="api",
            device=Device("x", "127.0.0.1", b"x"),
        )
    assert outcome is None


@pytest.mark.parametrize("path", ["verify-email", "reset-password", "restore-email"])
async def test_a_link_opens_only_what_it_was_mailed_for(teams, path) -> None:
    ada = await teams.register()
    tokens = {
        "verify-email": await teams.reset_token(ada.email),
        "reset-password": (await teams.mails(ada.email, "verify_email"))[0]["token"],
        "restore-email": (await teams.mails(ada.email, "verify_email"))[0]["token"],
    }
    body = {"token": tokens[path]} | ({"password": NEW} if path == "reset-password" else {})
    answer = await teams.call("POST", f"/v1/auth/{path}", body)
    assert (answer.status, answer.code) == (404, "link_unknown")
