import asyncio

import pytest


def body(teams, **fields) -> dict:
    return {"email": teams.new_email(), "password": teams.password, "name": "Ada", "client": "api"} | fields


async def register(teams, **fields):
    return await teams.call("POST", "/v1/auth/register", body(teams, **fields))


async def test_with_a_new_organization(teams) -> None:
    answer = await register(teams, organization_name="Engines", locale="de", time_zone="Europe/Berlin")
    assert answer.status == 201
    assert answer.body["organization"]["role"] == "owner"
    assert answer.body["organization"]["slug"] == "engines"
    assert (answer.body["user"]["locale"], answer.body["user"]["time_zone"]) == ("de", "Europe/Berlin")
    assert not answer.body["user"]["email_verified"]
    assert (answer.body["token_type"], answer.body["expires_in"]) == ("Bearer", 600)
    assert answer.body["refresh_token"]
    assert "Set-Cookie" not in answer.headers


async def test_its_events(teams) -> None:
    ada = await teams.register()
    registered = await teams.events(about=ada.user_id)
    assert [(e["type"], e["sequence"], e["actor"]) for e in registered] == [
        ("user.registered", 1, f"user:{ada.user_id}")
    ]
    assert "orgid" not in registered[0]
    assert await teams.event_types(ada.org_id) == ["organization.created", "member.joined"]
    joined = (await teams.events(about=ada.org_id))[1]
    assert joined["data"]["role"] == "owner"
    assert joined["data"].get("invited_by") is None


async def test_a_browser_gets_its_refresh_token_as_a_cookie_only(teams) -> None:
    answer = await register(teams, organization_name="Engines", client="browser")
    assert answer.body["refresh_token"] is None
    cookie = answer.cookies["refresh_token"]
    assert cookie.value
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["path"], cookie["max-age"]) == ("Strict", "/v1/auth", str(30 * 24 * 3600))
    assert not cookie["secure"]
    assert cookie.value not in str(answer.body)


async def test_by_invitation_the_address_is_verified_and_one_belongs_there(teams) -> None:
    ada = await teams.register()
    email = teams.new_email()
    invited = await teams.invite(ada, email, "admin")
    answer = await register(teams, email=email.upper(), invitation_token=await teams.link_token(email))
    assert answer.status == 201
    assert answer.body["user"]["email_verified"]
    assert answer.body["organization"]["id"] == str(ada.org_id)
    assert answer.body["organization"]["role"] == "admin"
    assert await teams.event_types(invited["id"]) == ["member.invited", "invitation.accepted"]
    joined = (await teams.events(about=ada.org_id))[-1]
    assert (joined["type"], joined["data"]["invited_by"]) == ("member.joined", str(ada.user_id))


async def test_an_invitation_for_another_address_makes_no_account(teams) -> None:
    ada = await teams.register()
    invited, other = teams.new_email(), teams.new_email()
    await teams.invite(ada, invited)
    answer = await register(teams, email=other, invitation_token=await teams.link_token(invited))
    assert (answer.status, answer.code) == (403, "invitation_for_another_address")
    assert await teams.admin.fetchval("SELECT count(*) FROM users WHERE email = $1", other) == 0


async def test_an_unknown_invitation(teams) -> None:
    answer = await register(teams, invitation_token="x" * 43)
    assert (answer.status, answer.code) == (404, "invitation_unknown")


@pytest.mark.parametrize("fields", [{}, {"organization_name": "Engines", "invitation_token": "x"}])
async def test_exactly_one_of_organization_and_invitation(teams, fields) -> None:
    answer = await register(teams, **fields)
    assert answer.status == 422
    assert answer.body["errors"][0]["code"] == "one_of_two"


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"email": "nobody"}, "/email"),
        ({"email": 7}, "/email"),
        ({"password": "short"}, "/password"),
        ({"password": None}, "/password"),
        ({"name": "Ada\r\nBcc: eve@example.com"}, "/name"),
        ({"organization_name": "\x1b[31m"}, "/organization_name"),
        ({"organization_name": "Engines\u0000"}, "/organization_name"),
        ({"locale": "klingon!"}, "/locale"),
        ({"time_zone": "Mars/Base"}, "/time_zone"),
        ({"client": "toaster"}, "/client"),
        ({"role": "owner"}, "/role"),
        ({"organization_id": "0190-"}, "/organization_id"),
    ],
)
async def test_each_wrong_field_is_named(teams, fields, pointer) -> None:
    answer = await register(teams, **({"organization_name": "Engines"} | fields))
    assert answer.status == 422, answer.body
    assert pointer in [error["pointer"] for error in answer.body["errors"]]


async def test_an_address_registers_once_whatever_its_case_and_the_refusal_tells_no_more(teams) -> None:
    ada = await teams.register()
    answer = await register(teams, email=ada.email.upper(), organization_name="Second")
    assert (answer.status, answer.code) == (409, "registration_refused")
    assert ada.email not in str(answer.body)
    assert await teams.admin.fetchval("SELECT count(*) FROM organizations WHERE name = 'Second'") == 0


async def test_of_parallel_registrations_of_one_address_one_succeeds(teams) -> None:
    email = teams.new_email()
    answers = await asyncio.gather(*(register(teams, email=email, organization_name="Twins") for _ in range(10)))
    assert sorted(answer.status for answer in answers) == [201] + [409] * 9
    assert await teams.admin.fetchval("SELECT count(*) FROM organizations WHERE name = 'Twins'") == 1


async def test_two_organizations_of_one_name_have_two_slugs(teams) -> None:
    answers = await asyncio.gather(*(register(teams, organization_name="Same Name") for _ in range(5)))
    slugs = {answer.body["organization"]["slug"] for answer in answers}
    assert len(slugs) == 5
    assert "same-name" in slugs


async def test_asked_again_with_the_same_key_the_same_person_gets_fresh_tokens(teams) -> None:
    sent = body(teams, organization_name="Once")
    first = await teams.call("POST", "/v1/auth/register", sent, Idempotency_Key="register-1")
    again = await teams.call("POST", "/v1/auth/register", sent, Idempotency_Key="register-1")
    assert (first.status, again.status) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.body["user"] == first.body["user"]
    assert again.body["organization"] == first.body["organization"]
    assert again.body["refresh_token"] != first.body["refresh_token"]
    assert (await teams.call("GET", "/v1/me", token=again.body["access_token"])).status == 200
    other = await teams.call("POST", "/v1/auth/register", sent | {"name": "Eve"}, Idempotency_Key="register-1")
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    stored = await teams.admin.fetch("SELECT idempotency_keys::text AS row FROM idempotency_keys")
    for secret in (first.body["refresh_token"], first.body["access_token"], teams.password):
        assert not [row for row in stored if secret in row["row"]]


async def test_who_tries_which_addresses_are_taken_is_slowed_down(teams, shift) -> None:
    ada, prober = await teams.register(), {"X_Forwarded_For": "203.0.113.90"}

    async def probe(email):
        sent = body(teams, organization_name="Probe") | {"email": email}
        return await teams.call("POST", "/v1/auth/register", sent, **prober)

    statuses = [(await probe(ada.email)).status for _ in range(20)]
    assert statuses == [409] * 20
    shut = await probe(teams.new_email())
    assert (shut.status, shut.code) == (429, "too_many_attempts")
    shift(seconds=3)
    assert (await probe(teams.new_email())).status == 201


async def test_newcomers_do_not_count(teams) -> None:
    office = {"X_Forwarded_For": "198.51.100.90"}
    for _ in range(22):
        sent = body(teams, organization_name="Office")
        assert (await teams.call("POST", "/v1/auth/register", sent, **office)).status == 201
