"""A demand for a second factor, met by the word of the organization's provider or by the person's own factor."""

import pytest

from services.teams.tests.sso.conftest import make_sso
from teams.domain.sso import FRESH_FOR

STEP_UP = "/v1/auth/mfa/step-up"


async def demand(corp, *, claim: bool) -> None:
    """Ask everybody in the organization for a second factor; its owner has shown theirs."""
    teams, owner = corp.teams, corp.owner
    await teams.enable_mfa(owner)
    asked = await teams.call("PATCH", "/v1/organization", {"require_mfa": True}, token=owner.token, If_Match="*")
    assert asked.status == 200, asked.body
    again = await teams.call("POST", "/v1/auth/refresh", {"refresh_token": owner.refresh_token})
    owner.token, owner.refresh_token = again.body["access_token"], again.body["refresh_token"]
    assert again.body["mfa_enrollment_required"] is False
    assert (await corp.put(require_mfa_claim=claim)).body["require_mfa_claim"] is claim


async def come_in(corp, provider, *amr: str, name: str = "grace", fresh: bool = False) -> tuple[dict, str]:
    """Sign in at the provider, which says `amr`; the answer of the first refresh, and the cookie after it."""
    login = f"{name}@{corp.domain}"
    await provider.know(login, name="Grace Hopper", **({"amr": list(amr)} if amr else {}))
    landing = await corp.back(await provider.sign_in(await corp.start(login, fresh=fresh), login))
    return await refreshed(corp, landing.refresh_token)


async def refreshed(corp, cookie: str) -> tuple[dict, str]:
    answer = await corp.teams.call("POST", "/v1/auth/refresh", {}, Cookie=f"refresh_token={cookie}")
    assert answer.status == 200, answer.body
    return dict(answer.body), answer.cookies["refresh_token"].value


async def set_up(teams, token: str) -> str:
    """The secret of a new second factor; its code of half a minute ago is used up."""
    begun = await teams.call("POST", "/v1/auth/mfa/totp", {}, token=token)
    assert begun.status == 200, begun.body
    secret = str(begun.body["secret"])
    done = await teams.call("POST", "/v1/auth/mfa/totp/confirm", {"code": teams.code(secret, -1)}, token=token)
    assert done.status == 200, done.body
    return secret


async def step_up(teams, token: str, code: str):
    return await teams.call("POST", STEP_UP, {"code": code}, token=token)


def due(answer: dict) -> bool:
    return bool(answer["mfa_enrollment_required"])


@pytest.mark.parametrize("amr", [(), ("pwd",), ("pwd", "otp")])
async def test_unless_told_otherwise_the_providers_word_is_enough_whatever_it_says(corp, provider, amr) -> None:
    await demand(corp, claim=False)
    tokens, _ = await come_in(corp, provider, *amr)
    assert (due(tokens), tokens["organization"]["id"]) == (False, str(corp.owner.org_id))


@pytest.mark.parametrize(
    ("amr", "expected"),
    [((), True), (("pwd",), True), (("otp",), True), (("pwd", "otp"), False), (("mfa",), False)],
)
async def test_weighed_it_has_to_say_so(corp, provider, amr, expected) -> None:
    await demand(corp, claim=True)
    tokens, _ = await come_in(corp, provider, *amr)
    assert due(tokens) is expected
    asked = await corp.teams.call("GET", "/v1/members", token=tokens["access_token"])
    assert (asked.status, asked.body.get("code")) == ((403, "mfa_enrollment_required") if expected else (200, None))


async def test_without_the_organizations_demand_nothing_is_weighed(corp, provider) -> None:
    assert (await corp.put(require_mfa_claim=True)).status == 200
    tokens, _ = await come_in(corp, provider, "pwd")
    assert due(tokens) is False


async def test_who_has_a_second_factor_shows_it_and_comes_in_for_as_long_as_the_sign_in_lasts(
    teams, corp, provider
) -> None:
    tokens, _ = await come_in(corp, provider, fresh=True)
    secret = await set_up(teams, tokens["access_token"])
    await demand(corp, claim=True)
    tokens, cookie = await come_in(corp, provider, "pwd")
    assert due(tokens)
    assert due((await refreshed(corp, cookie))[0]), "refreshing shows nothing"
    tokens, cookie = await come_in(corp, provider, "pwd")
    shown = await step_up(teams, tokens["access_token"], teams.code(secret))
    assert (shown.status, due(shown.body), shown.body["refresh_token"]) == (200, False, None)
    assert "refresh_token" not in shown.cookies
    assert (await teams.call("GET", "/v1/members", token=shown.body["access_token"])).status == 200
    assert not due((await refreshed(corp, cookie))[0])
    assert due((await come_in(corp, provider, "pwd"))[0]), "the next sign-in shows it anew"


async def test_setting_it_up_shows_it(teams, corp, provider) -> None:
    await demand(corp, claim=True)
    tokens, cookie = await come_in(corp, provider, "pwd", fresh=True)
    assert due(tokens)
    await set_up(teams, tokens["access_token"])
    assert not due((await refreshed(corp, cookie))[0])


async def test_turned_off_it_is_due_again_also_when_another_is_set_up_elsewhere(teams, corp, provider, shift) -> None:
    await demand(corp, claim=True)
    tokens, cookie = await come_in(corp, provider, "pwd", fresh=True)
    secret = await set_up(teams, tokens["access_token"])
    off = await teams.call("POST", "/v1/auth/mfa/disable", {"code": teams.code(secret)}, token=tokens["access_token"])
    assert off.status == 204, off.body
    tokens, cookie = await refreshed(corp, cookie)
    assert due(tokens)
    early = await step_up(teams, tokens["access_token"], "123456")
    assert (early.status, early.code) == (409, "mfa_not_enabled")
    shift(seconds=FRESH_FOR.total_seconds() / 2)
    other, _ = await come_in(corp, provider, "pwd", fresh=True)
    await set_up(teams, other["access_token"])
    ended = await teams.call("POST", "/v1/auth/refresh", {}, Cookie=f"refresh_token={cookie}")
    assert (ended.status, ended.code) == (401, "refresh_refused")


async def test_a_demand_made_stricter_or_looser_counts_at_the_next_token(teams, corp, provider) -> None:
    await demand(corp, claim=False)
    tokens, cookie = await come_in(corp, provider, "pwd")
    assert not due(tokens)
    await corp.put(require_mfa_claim=True)
    tokens, cookie = await refreshed(corp, cookie)
    assert due(tokens)
    await corp.put(require_mfa_claim=False)
    assert not due((await refreshed(corp, cookie))[0])


@pytest.mark.parametrize("claim", [False, True])
async def test_another_organizations_provider_says_nothing_here(teams, corp, provider, nameserver, claim) -> None:
    """Corp's provider tells of a second factor; the other organization believes nobody but the person's own."""
    tokens, _ = await come_in(corp, provider, "pwd", "mfa", fresh=True)
    secret = await set_up(teams, tokens["access_token"])
    other = await make_sso(teams, nameserver, provider.issuer)
    await teams.invite(other.owner, f"grace@{corp.domain}")
    await demand(other, claim=claim)
    tokens, cookie = await come_in(corp, provider, "pwd", "mfa")
    body = {"token": await teams.link_token(f"grace@{corp.domain}")}
    joined = await teams.call("POST", "/v1/invitations/accept", body, token=tokens["access_token"])
    assert (joined.status, due(joined.body)) == (200, True), joined.body
    shown = await step_up(teams, joined.body["access_token"], teams.code(secret))
    assert (due(shown.body), shown.body["organization"]["id"]) == (False, str(other.owner.org_id))
    for org_id in (corp.owner.org_id, other.owner.org_id):
        to = {"organization_id": str(org_id)}
        there = await teams.call("POST", "/v1/auth/switch-organization", to, token=shown.body["access_token"])
        assert (due(there.body), there.body["organization"]["id"]) == (False, str(org_id))
    assert not due((await refreshed(corp, cookie))[0])


async def test_the_change_is_in_the_log_with_before_and_after(teams, corp) -> None:
    await corp.put(require_mfa_claim=True)
    told = (await teams.call("GET", "/v1/activity?action=sso.updated", token=corp.owner.token)).body["items"][0]
    assert (told["before"], told["after"]) == ({"require_mfa_claim": False}, {"require_mfa_claim": True})
