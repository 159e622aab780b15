"""Many invitations in one request, each for itself; reminders before the end; not more mails than is decent."""

from uuid import uuid4

import pytest

from teams.domain.invitations import MAILS_PER_HOUR

BULK = "/v1/invitations/bulk"


async def bulk(teams, person, *rows, **headers):
    return await teams.call("POST", BULK, {"invitations": list(rows)}, token=person.token, **headers)


async def seats(teams, person, count: int) -> None:
    await teams.admin.execute(
        "INSERT INTO seat_limits (org_id, seats, sequence) VALUES ($1, $2, 1)"
        " ON CONFLICT (org_id) DO UPDATE SET seats = excluded.seats",
        person.org_id,
        count,
    )


async def test_each_row_says_what_became_of_it(teams) -> None:
    ada = await teams.register()
    boss = await teams.add_member(ada, "admin")
    fresh, other = teams.new_email(), teams.new_email()
    answer = await bulk(
        teams,
        boss,
        {"email": fresh},
        {"email": "no address"},
        {"email": ada.email.upper()},
        {"email": fresh.upper(), "role": "viewer"},
        {"email": teams.new_email(), "role": "owner"},
        {"email": other, "role": "viewer"},
    )
    assert answer.status == 200, answer.body
    assert answer.body["invited"] == 2
    codes = [row["code"] for row in answer.body["results"]]
    assert codes == [None, "email_invalid", "already_member", "invitation_pending", "role_above_own", None]
    assert [row["index"] for row in answer.body["results"]] == list(range(6))
    assert answer.body["results"][5]["invitation"]["role"] == "viewer"
    assert all(row["detail"] for row in answer.body["results"] if row["code"])
    types = await teams.event_types(ada.org_id)
    assert types.count("member.invited") == 3
    actions = [row["action"] for row in await teams.activity(ada.org_id)]
    assert actions.count("invitation.created") == 3
    mailed = {command["data"]["email"] for command in await teams.mail_commands()}
    assert {fresh, other} <= mailed
    assert ada.email.upper() not in mailed


async def test_seats_go_to_the_first_rows(teams) -> None:
    ada = await teams.register()
    answer = await bulk(teams, ada, *({"email": teams.new_email()} for _ in range(6)))
    assert [row["code"] for row in answer.body["results"]] == [None] * 4 + ["seats_exhausted"] * 2


async def test_a_repeated_request_with_a_key_invites_once(teams) -> None:
    ada = await teams.register()
    row = {"email": teams.new_email()}
    answers = [await bulk(teams, ada, row, Idempotency_Key="once") for _ in range(2)]
    assert answers[0].body == answers[1].body
    assert answers[0].body["invited"] == 1


@pytest.mark.parametrize("count", [0, 101])
async def test_from_one_row_to_a_hundred(teams, count) -> None:
    ada = await teams.register()
    answer = await bulk(teams, ada, *({"email": f"{n}@example.com"} for n in range(count)))
    assert answer.status == 422


async def test_whoever_may_not_invite_is_refused_as_a_whole(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada)
    assert (await bulk(teams, bob, {"email": teams.new_email()})).code == "permission_denied"


async def test_an_organization_does_not_flood_strangers(teams, shift) -> None:
    ada = await teams.register()
    await seats(teams, ada, 10_000)
    for _ in range(MAILS_PER_HOUR // 100):
        rows = ({"email": f"{uuid4().hex}@example.com"} for _ in range(100))
        assert (await bulk(teams, ada, *rows)).body["invited"] == 100
    answer = await bulk(teams, ada, {"email": teams.new_email()})
    assert answer.body["results"][0]["code"] == "invitations_too_many"
    single = await teams.call("POST", "/v1/invitations", {"email": teams.new_email()}, token=ada.token)
    assert (single.status, single.code) == (429, "invitations_too_many")
    assert int(single.headers["Retry-After"]) > 0
    eve = await teams.register()
    assert (await bulk(teams, eve, {"email": teams.new_email()})).body["invited"] == 1
    shift(minutes=9)
    assert (await bulk(teams, ada, {"email": teams.new_email()})).body["invited"] == 0
    shift(minutes=52)
    ada = await teams.log_in(ada)
    assert (await bulk(teams, ada, {"email": teams.new_email()})).body["invited"] == 1


async def reminders(teams, email: str) -> list[dict]:
    return [c["data"] for c in await teams.mail_commands() if c["data"]["email"] == email and c["data"]["reminder"]]


async def test_the_day_before_its_end_an_invitation_is_remembered_once(teams, shift) -> None:
    ada = await teams.register()
    email, gone = teams.new_email(), teams.new_email()
    await teams.invite(ada, email)
    first = await teams.link_token(email)
    revoked = await teams.invite(ada, gone)
    await teams.call("DELETE", f"/v1/invitations/{revoked['id']}", token=ada.token)
    shift(days=5, hours=23)
    await teams.run_jobs()
    assert await reminders(teams, email) == []
    shift(hours=2)
    await teams.run_jobs()
    await teams.run_jobs()
    (reminder,) = await reminders(teams, email)
    assert await reminders(teams, gone) == []
    for token in (first, reminder["token"]):
        preview = await teams.call("POST", "/v1/invitations/preview", {"token": token})
        assert (preview.status, preview.body["email"]) == (200, email)
    bob = await teams.register(email, invitation_token=reminder["token"])
    assert bob.org_id == ada.org_id


async def test_sent_again_both_older_links_stop(teams, shift) -> None:
    ada = await teams.register()
    email = teams.new_email()
    invited = await teams.invite(ada, email)
    shift(days=6, hours=1)
    await teams.run_jobs()
    (reminder,) = await reminders(teams, email)
    ada = await teams.log_in(ada)
    assert (await teams.call("POST", f"/v1/invitations/{invited['id']}/resend", token=ada.token)).status == 200
    preview = await teams.call("POST", "/v1/invitations/preview", {"token": reminder["token"]})
    assert preview.status == 404
