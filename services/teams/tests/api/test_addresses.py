"""Proving an address, changing it, and taking a change back that somebody else made."""

import asyncio


async def verify(teams, token):
    return await teams.call("POST", "/v1/auth/verify-email", {"token": token})


async def me(teams, person):
    return (await teams.call("GET", "/v1/me", token=person.token)).body


async def ask(teams, person, email, password=None):
    body = {"email": email, "password": password or teams.password}
    return await teams.call("POST", "/v1/me/email", body, token=person.token)


async def test_a_new_account_is_proven_by_its_link(teams) -> None:
    ada = await teams.register()
    assert (await me(teams, ada))["user"]["email_verified"] is False
    (mail,) = await teams.mails(ada.email, "verify_email")
    assert (mail["name"], mail["email"]) == ("Ada Lovelace", ada.email)
    answer = await verify(teams, mail["token"])
    assert (answer.status, answer.body) == (200, {"email": ada.email})
    assert (await me(teams, ada))["user"]["email_verified"] is True
    event = (await teams.events(about=ada.user_id))[-1]
    assert (event["type"], event["data"]["email_verified"]) == ("user.email_verified", True)
    assert (await verify(teams, mail["token"])).code == "link_unknown"


async def test_who_was_invited_needs_no_proof(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada)
    assert await teams.mails(bob.email, "verify_email") == []


async def test_the_link_is_sent_again_once_a_minute_and_replaces_the_first(teams, shift) -> None:
    ada = await teams.register()
    path = "/v1/auth/verify-email/resend"
    soon = await teams.call("POST", path, token=ada.token)
    assert (soon.status, soon.code) == (429, "resend_too_soon")
    assert 0 < int(soon.headers["Retry-After"]) <= 60
    shift(seconds=61)
    assert (await teams.call("POST", path, token=ada.token)).status == 202
    first, second = await teams.mails(ada.email, "verify_email")
    assert (await verify(teams, first["token"])).status == 404
    assert (await verify(teams, second["token"])).status == 200
    shift(minutes=2)
    assert (await teams.call("POST", path, token=ada.token)).status == 202
    assert len(await teams.mails(ada.email, "verify_email")) == 2


async def test_the_link_ends_after_three_days(teams, shift) -> None:
    ada = await teams.register()
    (mail,) = await teams.mails(ada.email, "verify_email")
    shift(days=3, seconds=1)
    assert (await verify(teams, mail["token"])).code == "link_expired"


async def test_an_address_changes_when_the_new_mailbox_proves_it(teams) -> None:
    ada = await teams.register()
    new = teams.new_email()
    assert (await ask(teams, ada, new)).status == 202
    shown = await me(teams, ada)
    assert (shown["user"]["email"], shown["pending_email"]) == (ada.email, new)
    (mail,) = await teams.mails(new, "change_email")
    assert (await verify(teams, mail["token"])).body == {"email": new}
    shown = await me(teams, ada)
    assert (shown["user"]["email"], shown["user"]["email_verified"], shown["pending_email"]) == (new, True, None)
    event = (await teams.events(about=ada.user_id))[-1]
    assert (event["type"], event["data"]["email"]) == ("user.updated", new)
    for email, status in ((new, 200), (ada.email, 401)):
        body = {"email": email, "password": teams.password, "client": "api"}
        assert (await teams.call("POST", "/v1/auth/login", body)).status == status


async def test_a_change_needs_the_password_another_address_and_a_minute_between(teams) -> None:
    ada = await teams.register()
    wrong = await ask(teams, ada, teams.new_email(), "not the password")
    assert (wrong.status, wrong.body["errors"][0]["code"]) == (422, "password_wrong")
    same = await ask(teams, ada, ada.email.upper())
    assert same.body["errors"][0]["code"] == "email_unchanged"
    assert (await ask(teams, ada, teams.new_email())).status == 202
    assert (await ask(teams, ada, teams.new_email())).status == 429


async def test_a_change_is_withdrawn(teams) -> None:
    ada = await teams.register()
    new = teams.new_email()
    await ask(teams, ada, new)
    assert (await teams.call("DELETE", "/v1/me/email", token=ada.token)).status == 204
    assert (await me(teams, ada))["pending_email"] is None
    (mail,) = await teams.mails(new, "change_email")
    assert (await verify(teams, mail["token"])).status == 404


async def test_asking_for_a_taken_address_tells_only_whoever_reads_its_mailbox(teams) -> None:
    ada, bob = await teams.register(), await teams.register()
    free, taken = teams.new_email(), bob.email
    answers = [await ask(teams, await teams.register(), email) for email in (free, taken)]
    assert [answer.status for answer in answers] == [202, 202]
    assert answers[0].body["detail"].replace(free, "") == answers[1].body["detail"].replace(taken, "")
    await ask(teams, ada, taken)
    mail = (await teams.mails(taken, "change_email"))[-1]
    refused = await verify(teams, mail["token"])
    assert (refused.status, refused.code) == (409, "email_taken")
    assert (await me(teams, ada))["user"]["email"] == ada.email


async def test_of_two_people_who_prove_one_address_at_once_one_gets_it(teams) -> None:
    new, people = teams.new_email(), [await teams.register() for _ in range(4)]
    for person in people:
        await ask(teams, person, new)
    mails = await teams.mails(new, "change_email")
    answers = await asyncio.gather(*(verify(teams, mail["token"]) for mail in mails))
    assert sorted(answer.status for answer in answers) == [200] + [409] * 3


async def test_the_old_mailbox_takes_a_change_back_and_whoever_made_it_is_out(teams) -> None:
    ada = await teams.register()
    thiefs = teams.new_email()
    await ask(teams, ada, thiefs)
    (undo,) = await teams.mails(ada.email, "restore_email")
    assert undo["new_email"] == thiefs
    await verify(teams, (await teams.mails(thiefs, "change_email"))[0]["token"])
    answer = await teams.call("POST", "/v1/auth/restore-email", {"token": undo["token"]})
    assert (answer.status, answer.body) == (200, {"email": ada.email})
    assert (await teams.call("GET", "/v1/me", token=ada.token)).status == 401
    body = {"email": ada.email, "password": teams.password, "client": "api"}
    assert (await teams.call("POST", "/v1/auth/login", body)).status == 401
    (mail,) = await teams.mails(ada.email, "reset_password")
    chosen = {"token": mail["token"], "password": "a loud mountain at dusk"}
    assert (await teams.call("POST", "/v1/auth/reset-password", chosen)).status == 204
    assert (await teams.call("POST", "/v1/auth/login", body | {"password": chosen["password"]})).status == 200


async def test_before_it_took_effect_the_old_mailbox_stops_it(teams) -> None:
    ada = await teams.register()
    new = teams.new_email()
    await ask(teams, ada, new)
    (undo,) = await teams.mails(ada.email, "restore_email")
    assert (await teams.call("POST", "/v1/auth/restore-email", {"token": undo["token"]})).status == 200
    (mail,) = await teams.mails(new, "change_email")
    assert (await verify(teams, mail["token"])).status == 404


async def test_a_thief_who_changes_it_twice_does_not_undo_the_undoing(teams, shift) -> None:
    ada = await teams.register()
    first, second = teams.new_email(), teams.new_email()
    for email in (first, second):
        await ask(teams, ada, email)
        await verify(teams, (await teams.mails(email, "change_email"))[0]["token"])
        shift(minutes=2)
    owners = (await teams.mails(ada.email, "restore_email"))[0]["token"]
    thiefs = (await teams.mails(first, "restore_email"))[0]["token"]
    restored = await teams.call("POST", "/v1/auth/restore-email", {"token": owners})
    assert restored.body == {"email": ada.email}
    assert (await teams.call("POST", "/v1/auth/restore-email", {"token": thiefs})).status == 404


async def test_nobody_registers_an_address_that_may_be_taken_back(teams, shift) -> None:
    ada = await teams.register()
    new = teams.new_email()
    await ask(teams, ada, new)
    await verify(teams, (await teams.mails(new, "change_email"))[0]["token"])
    body = {"email": ada.email, "password": teams.password, "name": "Eve", "organization_name": "E", "client": "api"}
    assert (await teams.call("POST", "/v1/auth/register", body)).code == "registration_refused"
    shift(days=7, seconds=1)
    assert (await teams.call("POST", "/v1/auth/register", body)).status == 201
