import asyncio


async def test_of_fifty_parallel_invitations_exactly_the_free_seats_succeed(teams) -> None:
    ada = await teams.register()
    await teams.add_member(ada)
    answers = await asyncio.gather(
        *(
            teams.call("POST", "/v1/invitations", {"email": teams.new_email(), "role": "member"}, token=ada.token)
            for _ in range(50)
        )
    )
    assert sorted(answer.status for answer in answers) == [201] * 3 + [409] * 47
    assert {answer.code for answer in answers if answer.status == 409} == {"seats_exhausted"}
    count = "SELECT count(*) FROM team_invitations WHERE org_id = $1 AND state = 'pending'"
    assert await teams.admin.fetchval(count, ada.org_id) == 3
    assert (await teams.event_types(ada.org_id)).count("member.invited") == 4


async def test_of_fifty_parallel_invitations_for_one_seat_one_succeeds(teams) -> None:
    ada = await teams.register()
    rows = [{"email": teams.new_email()} for _ in range(3)]
    filled = await teams.call("POST", "/v1/invitations/bulk", {"invitations": rows}, token=ada.token)
    assert filled.body["invited"] == 3
    sending = (teams.call("POST", "/v1/invitations", {"email": teams.new_email()}, token=ada.token) for _ in range(50))
    answers = await asyncio.gather(*sending)
    assert sorted(answer.status for answer in answers) == [201] + [409] * 49


async def test_parallel_lists_share_the_seats(teams) -> None:
    ada = await teams.register()
    lists = [{"invitations": [{"email": teams.new_email()} for _ in range(3)]} for _ in range(4)]
    answers = await asyncio.gather(
        *(teams.call("POST", "/v1/invitations/bulk", body, token=ada.token) for body in lists)
    )
    assert sum(answer.body["invited"] for answer in answers) == 4
    codes = [row["code"] for answer in answers for row in answer.body["results"]]
    assert sorted(map(str, codes)) == ["None"] * 4 + ["seats_exhausted"] * 8


async def test_of_parallel_invitations_of_one_address_one_succeeds(teams) -> None:
    ada = await teams.register()
    email = teams.new_email()
    spellings = [email, email.upper(), email.title()] * 4
    answers = await asyncio.gather(
        *(teams.call("POST", "/v1/invitations", {"email": spelt}, token=ada.token) for spelt in spellings)
    )
    assert sorted(answer.status for answer in answers) == [201] + [409] * 11
    assert {answer.code for answer in answers if answer.status == 409} == {"invitation_pending"}
    assert len([c for c in await teams.mail_commands() if c["data"]["email"].lower() == email]) == 1


async def test_seats_hold_while_people_accept_at_the_same_time(teams) -> None:
    ada = await teams.register()
    emails = [teams.new_email() for _ in range(4)]
    for email in emails:
        await teams.invite(ada, email)
    secrets = [await teams.link_token(email) for email in emails]
    joining = [teams.register(email, invitation_token=secret) for email, secret in zip(emails, secrets, strict=True)]
    inviting = [teams.call("POST", "/v1/invitations", {"email": teams.new_email()}, token=ada.token) for _ in range(20)]
    answers = await asyncio.gather(*joining, *inviting)
    assert {answer.status for answer in answers[4:]} == {409}
    members = (await teams.call("GET", "/v1/members", token=ada.token)).body["items"]
    assert len(members) == 5
