"""Setting single sign-on, proving domains, and holding people to it."""

from uuid import uuid4

import pytest

from services.teams.tests.sso.conftest import make_sso, new_domain
from teams.usecases.reseal_sso_secrets import reseal_sso_secrets
from tests.openid_provider.running import CLIENT_ID, CLIENT_SECRET

PATH = "/v1/organization/sso"


async def test_it_is_empty_at_first_and_says_what_the_provider_needs(teams) -> None:
    ada = await teams.register()
    answer = await teams.call("GET", PATH, token=ada.token)
    assert answer.body == {
        "configured": False,
        "issuer": None,
        "client_id": None,
        "default_role": None,
        "default_role_name": None,
        "enforced": False,
        "require_mfa_claim": False,
        "redirect_uri": "http://localhost:8080/v1/auth/sso/callback",
        "domains": [],
        "version": 0,
    }
    assert answer.headers["ETag"] == '"0"'


async def test_the_secret_is_neither_answered_nor_stored_in_the_open_nor_recorded(teams, corp) -> None:
    answer = await teams.call("GET", PATH, token=corp.owner.token)
    assert CLIENT_SECRET not in str(answer.body)
    stored = await teams.admin.fetchval("SELECT client_secret FROM sso_settings WHERE org_id = $1", corp.owner.org_id)
    assert CLIENT_SECRET.encode() not in stored
    assert teams.settings.vault.open(corp.owner.org_id, stored) == CLIENT_SECRET
    told = (await teams.call("GET", "/v1/activity?action=sso", token=corp.owner.token)).body["items"]
    assert {one["action"] for one in told} == {"sso.updated", "sso.domain_added", "sso.domain_verified"}
    assert CLIENT_SECRET not in str(told)


async def test_a_kept_secret_goes_to_no_other_provider(corp) -> None:
    assert (await corp.put(default_role="viewer")).status == 200
    for changes in ({"issuer": "https://elsewhere.example"}, {"client_id": "another"}):
        refused = await corp.put(**changes)
        assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, "/client_secret")


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "ftp://login.example.com"},
        {"issuer": "login.example.com"},
        {"issuer": "https://login.example.com/?tenant=1"},
        {"issuer": "https://me@login.example.com"},
        {"issuer": "https://login.example.com/#x"},
        {"client_id": "two words"},
        {"client_secret": "line\nbreak"},
        {"default_role": "owner"},
    ],
)
async def test_values_that_are_none(corp, changes) -> None:
    assert (await corp.put(**({"client_secret": "x"} | changes))).status == 422


async def make_role(teams, corp, name="Engineer") -> str:
    body = {"name": name, "permissions": ["members:read", "organization:read"]}
    made = await teams.call("POST", "/v1/roles", body, token=corp.owner.token)
    assert made.status == 201, made.body
    return str(made.body["id"])


async def test_a_role_of_the_organizations_own_may_be_the_default(teams, corp) -> None:
    role = await make_role(teams, corp)
    answer = await corp.put(default_role=role)
    assert (answer.status, answer.body["default_role"], answer.body["default_role_name"]) == (200, role, "Engineer")
    listed = (await teams.call("GET", "/v1/roles", token=corp.owner.token)).body["items"]
    assert [one["id"] for one in listed if one["sso_default"]] == [role]


async def test_a_default_role_that_is_nobodys_or_anothers_is_refused(teams, corp) -> None:
    stranger = await teams.register()
    foreign = await teams.call("POST", "/v1/roles", {"name": "Theirs", "permissions": []}, token=stranger.token)
    for key in (foreign.body["id"], str(uuid4()), "emperor"):
        refused = await corp.put(default_role=key)
        assert (refused.status, refused.body["errors"][0]["code"]) == (422, "role_unknown"), key


async def test_a_default_role_goes_only_with_another_in_its_place(teams, corp) -> None:
    role = await make_role(teams, corp)
    await corp.put(default_role=role)
    path = f"/v1/roles/{role}"
    refused = await teams.call("DELETE", path, token=corp.owner.token)
    assert (refused.status, refused.code) == (409, "role_in_use")
    refused = await teams.call("DELETE", f"{path}?replacement=owner", token=corp.owner.token)
    assert (refused.status, refused.body["errors"][0]["code"]) == (422, "role_too_high")
    before = (await teams.call("GET", PATH, token=corp.owner.token)).body["version"]
    assert (await teams.call("DELETE", f"{path}?replacement=viewer", token=corp.owner.token)).status == 204
    after = (await teams.call("GET", PATH, token=corp.owner.token)).body
    assert (after["default_role"], after["default_role_name"], after["version"]) == ("viewer", None, before + 1)


async def test_versions(teams, corp) -> None:
    body = {"issuer": "https://a.example", "client_id": "a", "client_secret": "a"}
    assert (await teams.call("PUT", PATH, body, token=corp.owner.token)).status == 428
    assert (await teams.call("PUT", PATH, body, token=corp.owner.token, If_Match='"0"')).status == 412
    assert (await teams.call("PUT", PATH, body, token=corp.owner.token, If_Match='"1"')).body["version"] == 2


async def test_an_admin_sees_it_and_cannot_change_it(teams, corp) -> None:
    admin = await teams.add_member(corp.owner, "admin")
    assert (await teams.call("GET", PATH, token=admin.token)).status == 200
    body = {"issuer": "https://evil.example", "client_id": "a", "client_secret": "a"}
    assert (await teams.call("PUT", PATH, body, token=admin.token, If_Match='"1"')).code == "permission_denied"


async def test_turned_off_nobody_comes_in(teams, corp, provider) -> None:
    assert (await teams.call("DELETE", PATH, token=corp.owner.token)).status == 204
    assert (await teams.call("DELETE", PATH, token=corp.owner.token)).status == 404
    answer = await teams.call("POST", "/v1/auth/sso/start", {"email": corp.owner.email})
    assert (answer.status, answer.code) == (404, "sso_not_available")


async def test_the_test_says_whether_the_provider_is_found(teams, corp, hostile) -> None:
    async def tested() -> dict:
        return dict((await teams.call("POST", f"{PATH}/test", token=corp.owner.token)).body)

    assert (await tested())["works"] is True
    for issuer, code in (
        ("http://127.0.0.1:1", "sso_provider_unreachable"),
        (f"{corp.teams.url}/nothing", "sso_provider_refused"),
        (f"{hostile.issuer}/", "sso_issuer_mismatch"),
    ):
        assert (await corp.put(issuer=issuer, client_secret="x")).status == 200
        answer = await tested()
        assert (answer["works"], answer["code"]) == (False, code)


async def test_a_domain_counts_once_its_record_is_seen(teams, nameserver) -> None:
    ada, domain = await teams.register(), new_domain()
    claimed = (await teams.call("POST", f"{PATH}/domains", {"domain": f" @{domain.upper()}. "}, token=ada.token)).body
    assert (claimed["domain"], claimed["state"]) == (domain, "pending")
    verify = f"{PATH}/domains/{claimed['id']}/verify"
    for texts in (None, [], ["v=spf1 -all"], [claimed["record"] + "x"], [f"x{claimed['record']}"]):
        if texts is not None:
            nameserver.records[domain] = texts
        assert (await teams.call("POST", verify, token=ada.token)).code == "sso_record_missing"
    nameserver.records[domain] = ["x" * 600, claimed["record"]]
    assert (await teams.call("POST", verify, token=ada.token)).body["state"] == "verified"
    nameserver.records[domain] = []
    assert (await teams.call("POST", verify, token=ada.token)).body["state"] == "verified"


async def test_a_domain_is_one_organizations_at_a_time(teams, corp, nameserver) -> None:
    eve = await teams.register()
    body = {"domain": corp.domain}
    claimed = (await teams.call("POST", f"{PATH}/domains", body, token=eve.token)).body
    nameserver.records[corp.domain].append(claimed["record"])
    verify = f"{PATH}/domains/{claimed['id']}/verify"
    assert (await teams.call("POST", verify, token=eve.token)).code == "sso_domain_taken"
    own = (await teams.call("GET", PATH, token=corp.owner.token)).body["domains"][0]["id"]
    assert (await teams.call("DELETE", f"{PATH}/domains/{own}", token=eve.token)).status == 404
    assert (await teams.call("DELETE", f"{PATH}/domains/{own}", token=corp.owner.token)).status == 204
    assert (await teams.call("POST", verify, token=eve.token)).body["state"] == "verified"


async def test_a_dns_that_does_not_answer_is_not_a_no(teams, nameserver) -> None:
    ada, domain = await teams.register(), new_domain()
    claimed = (await teams.call("POST", f"{PATH}/domains", {"domain": domain}, token=ada.token)).body
    nameserver.silent.add(domain)
    answer = await teams.call("POST", f"{PATH}/domains/{claimed['id']}/verify", token=ada.token)
    assert (answer.status, answer.code) == (503, "dns_unavailable")


@pytest.mark.parametrize(
    "domain", ["", "@", "a@b.example", "localhost", "1.2.3.4", "x" * 300, "a b.example", "-.example"]
)
async def test_domains_that_are_none(teams, domain) -> None:
    ada = await teams.register()
    assert (await teams.call("POST", f"{PATH}/domains", {"domain": domain}, token=ada.token)).status == 422


async def test_a_domain_is_claimed_once_and_twenty_are_enough(teams) -> None:
    ada = await teams.register()
    answers = [
        await teams.call("POST", f"{PATH}/domains", {"domain": f"d{n % 20}.example.org"}, token=ada.token)
        for n in range(21)
    ]
    assert [answer.status for answer in answers[:20]] == [201] * 20
    assert answers[20].code == "sso_domains_exhausted"


async def password(teams, person) -> str:
    body = {"email": person.email, "password": teams.password, "client": "api"}
    answer = await teams.call("POST", "/v1/auth/login", body)
    return "in" if answer.status == 200 else str(answer.code)


async def test_enforced_it_is_the_only_door_for_its_domains_but_not_for_owners(teams, corp, provider) -> None:
    bob = await teams.add_member(corp.owner, "admin", f"bob@{corp.domain}")
    guest = await teams.add_member(corp.owner)
    assert (await corp.put(enforced=True)).status == 200
    assert await password(teams, bob) == "sso_required"
    assert [await password(teams, one) for one in (guest, corp.owner)] == ["in", "in"]
    ended = await teams.call("POST", "/v1/auth/refresh", {"refresh_token": bob.refresh_token})
    assert ended.status == 401
    assert (await teams.call("GET", "/v1/me", token=bob.token)).code == "token_revoked"
    await provider.know(bob.email)
    tokens = await corp.tokens(await corp.sign_in(provider, bob.email))
    assert tokens["user"]["id"] == str(bob.user_id)


async def test_enforced_an_invitation_is_accepted_at_the_provider(teams, corp) -> None:
    assert (await corp.put(enforced=True)).status == 200
    email = f"grace@{corp.domain}"
    await teams.invite(corp.owner, email)
    token = await teams.link_token(email)
    body = {"email": email, "password": teams.password, "name": "Grace", "invitation_token": token}
    assert (await teams.call("POST", "/v1/auth/register", body)).code == "sso_required"
    grace = await teams.register(email)
    accepted = await teams.call("POST", "/v1/invitations/accept", {"token": token}, token=grace.token)
    assert accepted.code == "sso_required"


async def test_enforcing_needs_a_verified_domain(teams) -> None:
    ada = await teams.register()
    body = {"issuer": "https://a.example", "client_id": "a", "client_secret": "a", "enforced": True}
    answer = await teams.call("PUT", PATH, body, token=ada.token, If_Match='"0"')
    assert (answer.status, answer.code) == (409, "sso_domain_required")


async def test_another_organization_holds_nobody_to_its_provider(teams, corp, nameserver, provider) -> None:
    bob = await teams.add_member(corp.owner, "member", f"bob@{corp.domain}")
    eve = await make_sso(teams, nameserver, provider.issuer, enforced=True)
    await teams.invite(eve.owner, bob.email)
    joined = await teams.call(
        "POST", "/v1/invitations/accept", {"token": await teams.link_token(bob.email)}, token=bob.token
    )
    assert joined.status == 200
    assert await password(teams, bob) == "in"


async def test_secrets_move_under_a_new_key(teams, corp, system) -> None:
    before = await teams.admin.fetchval("SELECT client_secret FROM sso_settings WHERE org_id = $1", corp.owner.org_id)
    async with teams.worker.transaction(system) as tx:
        assert await reseal_sso_secrets(tx, teams.settings.vault) >= 1
    after = await teams.admin.fetchval("SELECT client_secret FROM sso_settings WHERE org_id = $1", corp.owner.org_id)
    assert after != before
    assert teams.settings.vault.open(corp.owner.org_id, after) == CLIENT_SECRET


@pytest.mark.parametrize("table", ["sso_settings", "sso_domains", "sso_attempts", "sso_identities", "sso_sessions"])
async def test_no_row_is_seen_from_elsewhere(teams, corp, provider, system, table) -> None:
    login = f"{uuid4().hex}@{corp.domain}"
    await provider.know(login)
    await corp.sign_in(provider, login)
    await corp.start(login)
    assert await teams.admin.fetchval(f"SELECT count(*) FROM {table}") > 0
    async with teams.api.transaction(system) as tx:
        assert await tx.fetchval(f"SELECT count(*) FROM {table}") == 0
        eve = await teams.register()
        await tx.act_for(org_id=eve.org_id, user_id=eve.user_id)
        assert await tx.fetchval(f"SELECT count(*) FROM {table}") == 0


async def test_the_client_is_named_as_the_provider_knows_it(corp) -> None:
    assert f"client_id={CLIENT_ID}" in await corp.start(corp.owner.email)
