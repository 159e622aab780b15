"""People coming in by a real provider: who gets which account, which membership, and who does not."""

from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from services.teams.tests.sso.conftest import make_sso


async def me(corp, landing):
    tokens = await corp.tokens(landing)
    return tokens, (await corp.teams.call("GET", "/v1/me", token=tokens["access_token"])).body


async def test_a_newcomer_gets_an_account_a_membership_and_a_seat(teams, corp, provider) -> None:
    login = f"grace@{corp.domain}"
    await provider.know(login, name="Grace Hopper", amr=["pwd", "mfa"])
    landing = await corp.back(await provider.sign_in(await corp.start(login, next="/members"), login))
    assert landing.path == "/login/sso/done"
    assert landing.query == {"next": "/members"}
    tokens, seen = await me(corp, landing)
    assert (seen["user"]["email"], seen["user"]["name"], seen["user"]["email_verified"]) == (
        login,
        "Grace Hopper",
        True,
    )
    assert (seen["role"], seen["organization"]["id"]) == ("member", str(corp.owner.org_id))
    assert await teams.event_types(seen["user"]["id"]) == ["user.registered"]
    joined = [e for e in await teams.events(about=corp.owner.org_id) if e["type"] == "member.joined"]
    assert joined[-1]["data"]["user_id"] == seen["user"]["id"]
    row = await teams.admin.fetchrow(
        "SELECT methods FROM sso_sessions JOIN sessions s ON s.id = session_id WHERE s.user_id = $1",
        tokens["user"]["id"],
    )
    assert row["methods"] == ["pwd", "mfa"]


async def test_a_newcomer_gets_the_organizations_own_role_where_that_is_the_default(teams, corp, provider) -> None:
    body = {"name": "Engineer", "permissions": ["members:read"]}
    role = (await teams.call("POST", "/v1/roles", body, token=corp.owner.token)).body["id"]
    assert (await corp.put(default_role=role)).status == 200
    login = f"grace@{corp.domain}"
    await provider.know(login, name="Grace Hopper")
    _, seen = await me(corp, await corp.sign_in(provider, login))
    assert (seen["role"], seen["permissions"]) == (role, ["members:read"])
    joined = [one for one in await teams.events(about=corp.owner.org_id) if one["type"] == "member.joined"][-1]
    assert (joined["data"]["role"], joined["data"]["role_name"]) == (role, "Engineer")


async def test_the_second_time_it_is_the_same_account(corp, provider) -> None:
    login = f"grace@{corp.domain}"
    await provider.know(login)
    (_, first), (_, second) = [await me(corp, await corp.sign_in(provider, login)) for _ in range(2)]
    assert first["user"]["id"] == second["user"]["id"]


async def test_the_subject_counts_not_the_address_once_linked(corp, provider) -> None:
    before, after = f"grace@{corp.domain}", f"grace.hopper@{corp.domain}"
    await provider.know(before, sub=f"sub-{corp.domain}")
    _, first = await me(corp, await corp.sign_in(provider, before))
    await provider.know(after, sub=f"sub-{corp.domain}")
    _, second = await me(corp, await corp.sign_in(provider, after))
    assert second["user"]["id"] == first["user"]["id"]
    assert second["user"]["email"] == before


async def test_an_address_that_stands_in_userinfo_only_is_read_there(corp, provider) -> None:
    login = f"grace@{corp.domain}"
    await provider.know(login)
    await provider.command("options", {"address_in_id_token": False})
    try:
        _, seen = await me(corp, await corp.sign_in(provider, login))
    finally:
        await provider.command("options", {"address_in_id_token": True})
    assert seen["user"]["email"] == login


async def test_the_provider_changes_its_key(corp, provider) -> None:
    login = f"grace@{corp.domain}"
    await provider.know(login)
    await corp.tokens(await corp.sign_in(provider, login))
    await provider.command("rotate")
    await corp.tokens(await corp.sign_in(provider, login))


async def test_a_member_is_linked_and_stays_what_they_are(teams, corp, provider) -> None:
    bob = await teams.add_member(corp.owner, "admin", f"bob@{corp.domain}")
    await provider.know(bob.email)
    _, seen = await me(corp, await corp.sign_in(provider, bob.email))
    assert (seen["user"]["id"], seen["role"]) == (str(bob.user_id), "admin")
    assert (await teams.log_in(bob)).user_id == bob.user_id


async def test_the_owner_comes_in_too_and_keeps_the_password(teams, corp, provider) -> None:
    await provider.know(corp.owner.email)
    _, seen = await me(corp, await corp.sign_in(provider, corp.owner.email))
    assert (seen["user"]["id"], seen["role"]) == (str(corp.owner.user_id), "owner")
    assert (await teams.log_in(corp.owner)).user_id == corp.owner.user_id


async def test_an_account_that_somebody_registered_beforehand_is_taken_from_them(teams, corp, provider) -> None:
    """Registering a colleague's address and waiting for them leaves neither password nor sign-in."""
    squatter = await teams.register(f"grace@{corp.domain}")
    await provider.know(squatter.email)
    _, seen = await me(corp, await corp.sign_in(provider, squatter.email))
    assert (seen["user"]["id"], seen["user"]["email_verified"]) == (str(squatter.user_id), True)
    assert (await teams.call("GET", "/v1/me", token=squatter.token)).code == "token_revoked"
    refreshed = await teams.call("POST", "/v1/auth/refresh", {"refresh_token": squatter.refresh_token})
    assert refreshed.status == 401
    password = {"email": squatter.email, "password": teams.password, "client": "api"}
    assert (await teams.call("POST", "/v1/auth/login", password)).code == "invalid_credentials"
    assert "session.revoked" in {e["type"] for e in await teams.events()}


async def test_a_pending_invitation_is_accepted_with_its_role(teams, corp, provider) -> None:
    login = f"grace@{corp.domain}"
    invited = await teams.invite(corp.owner, login, "admin")
    await provider.know(login)
    _, seen = await me(corp, await corp.sign_in(provider, login))
    assert seen["role"] == "admin"
    assert "invitation.accepted" in await teams.event_types(invited["id"])


async def test_without_a_free_seat_nobody_new_comes_in(teams, corp, provider) -> None:
    for _ in range(4):
        await teams.add_member(corp.owner)
    login = f"grace@{corp.domain}"
    await provider.know(login)
    assert (await corp.sign_in(provider, login)).reason == "seats_exhausted"
    assert await teams.admin.fetchval("SELECT count(*) FROM users WHERE email = $1", login) == 0


async def test_a_removed_member_needs_an_invitation(teams, corp, provider) -> None:
    login = f"grace@{corp.domain}"
    await provider.know(login)
    _, seen = await me(corp, await corp.sign_in(provider, login))
    gone = await teams.call("DELETE", f"/v1/members/{seen['user']['id']}", token=corp.owner.token)
    assert gone.status == 204
    assert (await corp.sign_in(provider, login)).reason == "sso_membership_ended"
    await teams.invite(corp.owner, login, "viewer")
    _, again = await me(corp, await corp.sign_in(provider, login))
    assert (again["user"]["id"], again["role"]) == (seen["user"]["id"], "viewer")


async def test_an_address_given_to_somebody_new_does_not_open_the_old_account(teams, corp, provider) -> None:
    login = f"grace@{corp.domain}"
    await provider.know(login, sub=f"old-{corp.domain}")
    _, old = await me(corp, await corp.sign_in(provider, login))
    await provider.know(f"{login}.moved", sub=f"old-{corp.domain}")
    await provider.know(login, sub=f"new-{corp.domain}")
    assert (await corp.sign_in(provider, login)).reason == "sso_linked_otherwise"
    await teams.call("DELETE", f"/v1/members/{old['user']['id']}", token=corp.owner.token)
    await teams.invite(corp.owner, login)
    assert (await corp.sign_in(provider, login)).path == "/login/sso/done"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"email": "ceo@victim.example"}, "sso_email_domain_refused"),
        ({"email_verified": False}, "sso_email_unverified"),
        ({"email": None}, "sso_email_missing"),
        ({"email": "not an address"}, "validation_failed"),
    ],
)
async def test_an_address_the_provider_does_not_speak_for(teams, corp, provider, claims, reason) -> None:
    login = f"{uuid4().hex}@{corp.domain}"
    await provider.know(login, **({"email": login, "email_verified": True} | claims))
    assert (await corp.sign_in(provider, login)).reason == reason
    assert (
        await teams.admin.fetchval("SELECT count(*) FROM users WHERE email = ANY($1)", [login, claims.get("email")])
        == 0
    )


async def test_another_organizations_provider_takes_nobodys_account(teams, corp, nameserver, provider) -> None:
    """Eve's provider asserts the address of somebody whose domain another organization proved."""
    victim = await teams.add_member(corp.owner, "admin", f"bob@{corp.domain}")
    eve = await make_sso(teams, nameserver, provider.issuer)
    await provider.know(f"eve@{eve.domain}", email=victim.email, sub=f"eve-{eve.domain}")
    assert (await eve.sign_in(provider, f"eve@{eve.domain}")).reason == "sso_email_domain_refused"


async def test_a_link_made_elsewhere_counts_for_nothing(teams, corp, nameserver, provider) -> None:
    """The same issuer and subject, set up by another organization, is another identity."""
    login = f"grace@{corp.domain}"
    await provider.know(login)
    await corp.tokens(await corp.sign_in(provider, login))
    eve = await make_sso(teams, nameserver, provider.issuer)
    url = await provider.sign_in(await eve.start(f"x@{eve.domain}"), login)
    assert (await eve.back(url)).reason == "sso_email_domain_refused"


async def test_a_domain_that_was_let_go_opens_nothing(teams, corp, provider) -> None:
    login = f"grace@{corp.domain}"
    await provider.know(login)
    await corp.tokens(await corp.sign_in(provider, login))
    url = await provider.sign_in(await corp.start(login), login)
    domains = (await teams.call("GET", "/v1/organization/sso", token=corp.owner.token)).body["domains"]
    await teams.call("DELETE", f"/v1/organization/sso/domains/{domains[0]['id']}", token=corp.owner.token)
    assert (await corp.back(url)).reason == "sso_email_domain_refused"
    answer = await teams.call("POST", "/v1/auth/sso/start", {"email": login})
    assert (answer.status, answer.code) == (404, "sso_not_available")


async def test_who_says_no_at_the_provider_is_told_so(corp, provider) -> None:
    login = f"grace@{corp.domain}"
    await provider.know(login)
    url = await provider.sign_in(await corp.start(login), login, what="no")
    assert (await corp.back(url)).reason == "sso_denied"


async def test_by_the_organizations_name_too(teams, corp, provider) -> None:
    slug = (await teams.call("GET", "/v1/organization", token=corp.owner.token)).body["slug"]
    answer = await teams.call("POST", "/v1/auth/sso/start", {"organization": slug})
    assert answer.status == 200
    assert answer.body["authorization_url"].startswith(f"{provider.issuer}/auth?")
    assert "login_hint" not in answer.body["authorization_url"]


async def test_the_start_tells_nothing_about_accounts(teams, corp) -> None:
    answers = [
        await teams.call("POST", "/v1/auth/sso/start", {"email": email})
        for email in (corp.owner.email, f"nobody@{corp.domain}")
    ]
    shapes = []
    for answer in answers:
        query = parse_qs(urlsplit(answer.body["authorization_url"]).query)
        shapes.append((answer.status, answer.body.keys(), query.keys()))
        (morsel,) = answer.cookies.values()
        assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "Lax", "/v1/auth/sso/callback")
        assert morsel["max-age"] == "600"
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "a@b.example", "organization": "x"},
        {"email": "no address"},
        {"email": "a@b.example", "next": "//evil.example"},
        {"email": "a@b.example", "next": "/\\evil.example"},
        {"email": "a@b.example", "next": "https://evil.example"},
        {"email": "a@b.example", "next": "/a\r\nSet-Cookie: x=y"},
    ],
)
async def test_a_start_that_says_nothing_usable(teams, body) -> None:
    assert (await teams.call("POST", "/v1/auth/sso/start", body)).status == 422
