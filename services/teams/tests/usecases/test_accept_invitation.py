import asyncio


async def test_of_parallel_accepts_one_joins_with_the_invited_role(teams) -> None:
    ada, bob = await teams.register(), await teams.register()
    devices = [await teams.log_in(bob) for _ in range(4)]
    await teams.invite(ada, bob.email, "admin")
    body = {"token": await teams.link_token(bob.email)}
    answers = await asyncio.gather(
        *(teams.call("POST", "/v1/invitations/accept", body, token=device.token) for device in devices * 3)
    )
    assert sorted(answer.status for answer in answers) == [200] + [410] * 11
    assert (await teams.event_types(ada.org_id)).count("member.joined") == 2
    members = (await teams.call("GET", "/v1/members", token=ada.token)).body["items"]
    assert [member["role"] for member in members] == ["owner", "admin"]


async def test_accepting_and_revoking_at_once_ends_in_one_of_both(teams) -> None:
    for _ in range(5):
        ada, bob = await teams.register(), await teams.register()
        invited = await teams.invite(ada, bob.email)
        body = {"token": await teams.link_token(bob.email)}
        accepted, revoked = await asyncio.gather(
            teams.call("POST", "/v1/invitations/accept", body, token=bob.token),
            teams.call("DELETE", f"/v1/invitations/{invited['id']}", token=ada.token),
        )
        assert (accepted.status, revoked.status) in {(200, 409), (410, 204)}
        members = (await teams.call("GET", "/v1/members", token=ada.token)).body["items"]
        assert len(members) == (2 if accepted.status == 200 else 1)
        sequences = [e["sequence"] for e in await teams.events(about=invited["id"])]
        assert sequences == [1, 2]


async def test_of_parallel_registrations_by_one_link_one_succeeds(teams) -> None:
    ada = await teams.register()
    email = teams.new_email()
    await teams.invite(ada, email)
    body = {
        "email": email,
        "password": teams.password,
        "name": "Bob",
        "client": "api",
        "invitation_token": await teams.link_token(email),
    }
    answers = await asyncio.gather(*(teams.call("POST", "/v1/auth/register", body) for _ in range(8)))
    statuses = sorted(answer.status for answer in answers)
    assert statuses[0] == 201
    assert set(statuses[1:]) <= {409, 410}
    assert (await teams.event_types(ada.org_id)).count("member.joined") == 2


async def test_accepting_and_refreshing_at_once_do_not_block_each_other(teams) -> None:
    ada, bob = await teams.register(), await teams.register()
    await teams.invite(ada, bob.email)
    body = {"token": await teams.link_token(bob.email)}
    answers = await asyncio.gather(
        teams.call("POST", "/v1/invitations/accept", body, token=bob.token),
        *(teams.call("POST", "/v1/auth/refresh", {"refresh_token": bob.refresh_token}) for _ in range(6)),
    )
    assert {answer.status for answer in answers} == {200}
