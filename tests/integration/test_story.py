"""The story the core is about: a colleague is invited, the mail arrives, the alert appears."""

import secrets


async def test_a_colleague_is_invited_the_mail_arrives_the_alert_appears(person) -> None:
    ada = await person("Ada Lovelace").register(organization_name="Analytical Engines")
    grace = person("Grace Hopper")
    async with ada.stream() as alerts:
        await ada.invite(grace, role="admin")
        mail = await grace.mailbox.next()
        assert "Analytical Engines" in mail["subject"]
        assert "Ada Lovelace" in mail["text"]

        await grace.join()
        assert grace.organization["name"] == "Analytical Engines"
        assert grace.user["email_verified"] is True

        alert = (await alerts.next("notification"))["data"]
        assert alert["kind"] == "member.joined"
        assert "Grace Hopper" in alert["title"] + alert["body"]

    listed = (await ada.call("GET", "/v1/notifications")).ok()
    assert [item["id"] for item in listed["items"]] == [alert["id"]]
    assert listed["unread_count"] == 1
    (await ada.call("POST", f"/v1/notifications/{alert['id']}/read")).ok()
    assert (await ada.call("GET", "/v1/notifications")).ok()["unread_count"] == 0


async def test_members_and_roles_are_seen_by_both(person) -> None:
    ada = await person("Ada Lovelace").register(organization_name="Analytical Engines")
    grace = person("Grace Hopper")
    await ada.invite(grace, role="viewer")
    await grace.join()
    members = (await grace.call("GET", "/v1/members")).ok()["items"]
    assert {(member["email"], member["role"]) for member in members} == {
        (ada.email, "owner"),
        (grace.email, "viewer"),
    }
    refused = await grace.call("POST", "/v1/invitations", {"email": "someone@example.com", "role": "viewer"})
    assert (refused.status, refused.body["code"]) == (403, "permission_denied")


async def test_whoever_holds_an_own_role_hears_what_the_role_answers_for(person) -> None:
    ada = await person("Ada Lovelace").register(organization_name="Analytical Engines")
    held = ["invitations:create", "notifications:read", "organization:read"]
    role = (await ada.call("POST", "/v1/roles", {"name": "Recruiter", "permissions": held})).ok(201)
    rita, grace, joan = person("Rita Levi"), person("Grace Hopper"), person("Joan Clarke")
    await ada.invite(rita, role=role["id"])
    await rita.join()
    async with rita.stream() as alerts:
        await ada.invite(grace)
        await grace.join()
        alert = (await alerts.next("notification"))["data"]
        assert (alert["kind"], "Grace Hopper" in alert["title"] + alert["body"]) == ("member.joined", True)

    change = {"permissions": ["notifications:read", "organization:read"]}
    (await ada.call("PATCH", f"/v1/roles/{role['id']}", change, If_Match=f'"{role["version"]}"')).ok()
    await rita.log_in()
    async with ada.stream() as alerts:
        await ada.invite(joan)
        await joan.join()
        assert "Joan Clarke" in (await alerts.next("notification"))["data"]["title"]
    titles = [item["title"] for item in (await rita.call("GET", "/v1/notifications")).ok()["items"]]
    assert len(titles) == 1, titles


async def test_a_removed_member_is_out_of_every_service_at_once_and_their_socket_closes(person) -> None:
    ada = await person("Ada Lovelace").register(organization_name="Analytical Engines")
    grace = person("Grace Hopper")
    await ada.invite(grace)
    await grace.join()
    async with grace.stream() as alerts:
        (await ada.call("DELETE", f"/v1/members/{grace.user['id']}")).ok(204)
        farewell = await alerts.closed()
        assert farewell[-1]["type"] == "bye"
        assert farewell[-1]["code"] == "revoked"
    for path in ("/v1/members", "/v1/notifications"):
        refused = await grace.call("GET", path)
        assert (refused.status, refused.body["code"]) == (401, "token_revoked"), path


async def test_an_alert_missed_while_away_is_sent_on_resume(person) -> None:
    ada = await person("Ada Lovelace").register(organization_name="Analytical Engines")
    async with ada.stream() as alerts:
        seen = alerts.hello
    grace = person("Grace Hopper")
    await ada.invite(grace)
    await grace.join()
    async with ada.stream(cursor=str(seen["cursor"]), epoch=seen["epoch"]) as alerts:
        assert (await alerts.next("notification"))["data"]["kind"] == "member.joined"


async def test_one_trace_from_the_request_to_the_alert_on_the_screen(person, spans) -> None:
    ada = await person("Ada Lovelace").register(organization_name="Analytical Engines")
    grace = person("Grace Hopper")
    await ada.invite(grace)
    token = await grace.invitation_token()
    trace_id = secrets.token_hex(16)
    async with ada.stream() as alerts:
        body = {
            "email": grace.email,
            "password": "a long walk to the sea 1815",
            "name": grace.name,
            "client": "api",
            "invitation_token": token,
        }
        sent = await grace.call("POST", "/v1/auth/register", body, traceparent=f"00-{trace_id}-00f067aa0ba902b7-01")
        sent.ok(201)
        frame = await alerts.next("notification")
    assert frame["traceparent"].split("-")[1] == trace_id
    steps = {
        ("gateway", "POST /v1/auth/register"),
        ("teams", "POST /v1/auth/register"),
        ("teams", "publish member.joined"),
        ("notifier", "handle member.joined"),
        ("notifier", "stream.push"),
    }
    assert await spans.steps_of(trace_id, steps) >= steps
