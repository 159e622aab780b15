from uuid import uuid4

import pytest


async def invite(teams, by, email, role="member"):
    return await teams.call("POST", "/v1/invitations", {"email": email, "role": role}, token=by.token)


async def accept(teams, token, secret):
    return await teams.call("POST", "/v1/invitations/accept", {"token": secret}, token=token)


async def preview(teams, secret):
    return await teams.call("POST", "/v1/invitations/preview", {"token": secret})


async def test_an_invitation_its_event_and_its_mail(teams) -> None:
    ada = await teams.register(name="Ada <b>King</b>")
    email = teams.new_email()
    answer = await invite(teams, ada, email, "admin")
    assert answer.status == 201
    assert set(answer.body) == {"id", "email", "role", "role_name", "state", "invited_by", "expires_at", "created_at"}
    assert (answer.body["state"], answer.body["invited_by"]) == ("pending", str(ada.user_id))
    event = (await teams.events(about=answer.body["id"]))[0]
    assert (event["type"], event["sequence"], event["orgid"]) == ("member.invited", 1, str(ada.org_id))
    command = (await teams.mail_commands())[-1]
    assert command["type"] == "invitation_email.send"
    assert command["data"]["email"] == email
    assert command["data"]["inviter_name"] == "Ada <b>King</b>"
    assert command["data"]["organization_name"] == ada.body["organization"]["name"]
    assert len(command["data"]["token"]) == 43


async def test_the_token_is_nowhere_but_in_the_sealed_mail(teams, caplog) -> None:
    ada = await teams.register()
    email = teams.new_email()
    answer = await invite(teams, ada, email)
    secret = await teams.link_token(email)
    await preview(teams, secret)
    bob = await teams.register(email, invitation_token=secret)
    secrets = [secret, teams.password, ada.token, ada.refresh_token, bob.token, bob.refresh_token]
    tables = ("outbox", "team_invitations", "idempotency_keys", "sessions", "refresh_tokens", "users")
    for table in tables:
        for row in await teams.admin.fetch(f"SELECT t::text AS text FROM {table} t"):
            assert not [s for s in secrets if s in row["text"] or s.encode().hex() in row["text"]], table
    assert not [s for s in secrets if s in caplog.text]
    assert secret not in str(answer.body)


async def test_preview(teams) -> None:
    ada = await teams.register()
    email = teams.new_email()
    await teams.invite(ada, email, "viewer")
    secret = await teams.link_token(email)
    answer = await preview(teams, secret)
    assert answer.status == 200
    assert answer.body["organization_name"] == ada.body["organization"]["name"]
    assert (answer.body["inviter_name"], answer.body["email"], answer.body["role"]) == ("Ada Lovelace", email, "viewer")
    assert answer.body["account_exists"] is False
    await teams.register(email)
    assert (await preview(teams, secret)).body["account_exists"] is True


@pytest.mark.parametrize("secret", ["x" * 43, "nonsense"])
async def test_an_unknown_token(teams, secret) -> None:
    answer = await preview(teams, secret)
    assert (answer.status, answer.code) == (404, "invitation_unknown")
    ada = await teams.register()
    assert (await accept(teams, ada.token, secret)).code == "invitation_unknown"


async def test_who_has_an_account_accepts_and_is_verified_and_is_there(teams) -> None:
    ada, bob = await teams.register(), await teams.register()
    invited = await teams.invite(ada, bob.email.upper(), "billing_manager")
    answer = await accept(teams, bob.token, await teams.link_token(bob.email))
    assert answer.status == 200
    assert answer.body["organization"]["id"] == str(ada.org_id)
    assert answer.body["organization"]["role"] == "billing_manager"
    assert answer.body["user"]["email_verified"] is True
    members = await teams.call("GET", "/v1/members", token=answer.body["access_token"])
    assert [member["user_id"] for member in members.body["items"]] == [str(ada.user_id), str(bob.user_id)]
    assert (await teams.event_types(bob.user_id))[-1] == "user.email_verified"
    assert (await teams.event_types(invited["id"]))[-1] == "invitation.accepted"
    assert (await teams.event_types(ada.org_id))[-1] == "member.joined"
    refreshed = await teams.call("POST", "/v1/auth/refresh", {"refresh_token": bob.refresh_token})
    assert refreshed.body["organization"]["id"] == str(ada.org_id)


async def test_a_link_works_once(teams) -> None:
    ada, bob = await teams.register(), await teams.register()
    await teams.invite(ada, bob.email)
    secret = await teams.link_token(bob.email)
    joined = await accept(teams, bob.token, secret)
    again = await accept(teams, joined.body["access_token"], secret)
    assert (again.status, again.code) == (410, "invitation_used")
    assert (await preview(teams, secret)).code == "invitation_used"


async def test_only_the_invited(teams) -> None:
    ada, eve = await teams.register(), await teams.register()
    email = teams.new_email()
    await teams.invite(ada, email)
    answer = await accept(teams, eve.token, await teams.link_token(email))
    assert (answer.status, answer.code) == (403, "invitation_for_another_address")


async def test_after_seven_days_it_is_over(teams, shift) -> None:
    ada, bob = await teams.register(), await teams.register()
    await teams.invite(ada, bob.email)
    secret = await teams.link_token(bob.email)
    shift(days=7, seconds=1)
    bob = await teams.log_in(bob)
    assert (await accept(teams, bob.token, secret)).code == "invitation_expired"
    answer = await preview(teams, secret)
    assert (answer.status, answer.code) == (410, "invitation_expired")


async def test_a_member_keeps_their_role(teams) -> None:
    """No way leads there through the API (inviting a member is refused), so the invitation is planted."""
    ada = await teams.register()
    bob = await teams.add_member(ada, "viewer")
    other = await teams.invite(ada, teams.new_email(), "owner")
    secret = (await teams.mail_commands())[-1]["data"]["token"]
    await teams.admin.execute("UPDATE team_invitations SET email = $1 WHERE id = $2", bob.email, other["id"])
    answer = await accept(teams, bob.token, secret)
    assert (answer.status, answer.code) == (409, "already_member")
    assert (await teams.call("GET", "/v1/me", token=bob.token)).body["role"] == "viewer"


async def test_asked_again_with_the_same_key_one_is_still_a_member(teams) -> None:
    ada, bob = await teams.register(), await teams.register()
    await teams.invite(ada, bob.email)
    sent = {"token": await teams.link_token(bob.email)}
    first = await teams.call("POST", "/v1/invitations/accept", sent, token=bob.token, Idempotency_Key="accept")
    again = await teams.call("POST", "/v1/invitations/accept", sent, token=bob.token, Idempotency_Key="accept")
    assert (first.status, again.status) == (200, 200)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.body["organization"] == first.body["organization"]


@pytest.mark.parametrize("role", ["owner", "billing_manager", "admin"])
async def test_nobody_invites_above_their_own_role(teams, role) -> None:
    ada = await teams.register()
    admin = await teams.add_member(ada, "admin")
    answer = await invite(teams, admin, teams.new_email(), role)
    assert (answer.status == 201) == (role == "admin")
    assert answer.status == 201 or answer.code == "role_above_own"


async def test_who_is_there_or_invited_already(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada)
    member = await invite(teams, ada, bob.email.upper())
    assert (member.status, member.code) == (409, "already_member")
    email = teams.new_email()
    await teams.invite(ada, email)
    pending = await invite(teams, ada, email.upper())
    assert (pending.status, pending.code) == (409, "invitation_pending")


async def test_five_seats_for_members_and_pending_ones(teams, shift) -> None:
    ada = await teams.register()
    await teams.add_member(ada)
    invited = [await teams.invite(ada, teams.new_email()) for _ in range(3)]
    full = await invite(teams, ada, teams.new_email())
    assert (full.status, full.code) == (409, "seats_exhausted")
    assert (await teams.call("DELETE", f"/v1/invitations/{invited[0]['id']}", token=ada.token)).status == 204
    assert (await invite(teams, ada, teams.new_email())).status == 201
    assert (await invite(teams, ada, teams.new_email())).code == "seats_exhausted"
    shift(days=8)
    ada = await teams.log_in(ada)
    assert (await invite(teams, ada, invited[1]["email"])).status == 201
    assert (await teams.event_types(invited[1]["id"]))[-1] == "invitation.expired"


async def test_resend_makes_a_new_link_and_the_old_one_ends(teams, shift) -> None:
    ada = await teams.register()
    email = teams.new_email()
    invited = await teams.invite(ada, email)
    old = await teams.link_token(email)
    path = f"/v1/invitations/{invited['id']}/resend"
    soon = await teams.call("POST", path, token=ada.token)
    assert (soon.status, soon.code) == (429, "resend_too_soon")
    assert 1 <= int(soon.headers["Retry-After"]) <= 60
    shift(seconds=61)
    answer = await teams.call("POST", path, token=ada.token)
    assert answer.status == 200
    assert answer.body["expires_at"] > invited["expires_at"]
    assert (await preview(teams, old)).status == 404
    assert (await preview(teams, await teams.link_token(email))).status == 200
    events = await teams.events(about=invited["id"])
    assert [(e["type"], e["sequence"]) for e in events] == [("member.invited", 1), ("member.invited", 2)]


async def test_revoke(teams) -> None:
    ada = await teams.register()
    email = teams.new_email()
    invited = await teams.invite(ada, email)
    path = f"/v1/invitations/{invited['id']}"
    assert (await teams.call("DELETE", path, token=ada.token)).status == 204
    again = await teams.call("DELETE", path, token=ada.token)
    assert (again.status, again.code) == (409, "invitation_not_pending")
    assert (await teams.call("POST", f"{path}/resend", token=ada.token)).code == "invitation_not_pending"
    answer = await preview(teams, await teams.link_token(email))
    assert (answer.status, answer.code) == (410, "invitation_revoked")
    assert await teams.event_types(invited["id"]) == ["member.invited", "invitation.revoked"]
    assert (await invite(teams, ada, email)).status == 201


async def test_the_list_by_state_and_in_pages(teams, shift) -> None:
    ada = await teams.register()
    revoked, accepted, pending = [await teams.invite(ada, teams.new_email()) for _ in range(3)]
    await teams.call("DELETE", f"/v1/invitations/{revoked['id']}", token=ada.token)
    await teams.register(accepted["email"], invitation_token=await teams.link_token(accepted["email"]))

    async def listed(query: str) -> list:
        return (await teams.call("GET", f"/v1/invitations?{query}", token=ada.token)).body["items"]

    assert [i["id"] for i in await listed("")] == [pending["id"], accepted["id"], revoked["id"]]
    for one, state in ((revoked, "revoked"), (accepted, "accepted"), (pending, "pending")):
        assert [i["id"] for i in await listed(f"state={state}")] == [one["id"]]
    first = (await teams.call("GET", "/v1/invitations?limit=2", token=ada.token)).body
    rest = await listed(f"limit=2&cursor={first['next_cursor']}")
    assert [i["id"] for i in first["items"] + rest] == [pending["id"], accepted["id"], revoked["id"]]
    assert (await teams.call("GET", "/v1/invitations?state=lost", token=ada.token)).status == 422
    shift(days=8)
    ada = await teams.log_in(ada)
    assert [i["state"] for i in await listed("state=expired")] == ["expired"]


async def test_who_may_not_invite(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada)
    assert (await invite(teams, bob, teams.new_email(), "viewer")).code == "permission_denied"
    assert (await teams.call("GET", "/v1/invitations", token=bob.token)).code == "permission_denied"


async def test_what_does_not_exist(teams) -> None:
    ada = await teams.register()
    assert (await teams.call("DELETE", f"/v1/invitations/{uuid4()}", token=ada.token)).status == 404
    assert (await teams.call("POST", f"/v1/invitations/{uuid4()}/resend", token=ada.token)).status == 404
    assert (await teams.call("DELETE", "/v1/invitations/7", token=ada.token)).status == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "x"},
        {"email": "a@b.com", "role": "root"},
        {"email": "a@b.com", "org_id": "1"},
        {"email": ["a@b.com"]},
        [],
        "x",
    ],
)
async def test_a_wrong_body(teams, body) -> None:
    ada = await teams.register()
    assert (await teams.call("POST", "/v1/invitations", body, token=ada.token)).status == 422
