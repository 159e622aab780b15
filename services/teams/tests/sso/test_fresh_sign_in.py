"""Somebody without a password proves themselves once more by a fresh single sign-on, at a real provider."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest

from teams.domain.sso import FRESH_FOR


async def newcomer(corp, provider, name: str = "grace"):
    """Somebody who only ever came in by the provider; their address."""
    login = f"{name}@{corp.domain}"
    await provider.know(login, name="Grace Hopper")
    return login


async def token(corp, landing) -> str:
    return str((await corp.tokens(landing))["access_token"])


async def refreshed(corp, refresh_token: str) -> tuple[str, str]:
    """The access token and the next refresh token, as a browser's cookie brings them."""
    answer = await corp.teams.call("POST", "/v1/auth/refresh", {}, Cookie=f"refresh_token={refresh_token}")
    assert answer.status == 200, answer.body
    return str(answer.body["access_token"]), answer.cookies["refresh_token"].value


async def fresh(corp, provider, login: str) -> str:
    """Sign in anew as the profile page asks for it; the access token of that sign-in."""
    return await token(corp, await corp.back(await provider.sign_in(await corp.start(login, fresh=True), login)))


async def delete(corp, login: str, access: str, **proof):
    return await corp.teams.call("DELETE", "/v1/me", {"confirmation": login} | proof, token=access)


def code_of(answer) -> str:
    assert answer.status == 422, answer.body
    return str(answer.body["errors"][0]["code"])


async def test_the_account_ends_by_a_fresh_sign_in_and_not_by_an_old_one(corp, provider) -> None:
    login = await newcomer(corp, provider)
    old = await token(corp, await corp.sign_in(provider, login))
    me = (await corp.teams.call("GET", "/v1/me", token=old)).body
    assert (me["has_password"], me["fresh_until"]) == (False, None)
    assert code_of(await delete(corp, login, old)) == "fresh_sign_in_required"
    assert code_of(await delete(corp, login, old, password="no password at all, ever")) == "password_wrong"
    new = await fresh(corp, provider, login)
    assert code_of(await delete(corp, login, old)) == "fresh_sign_in_required", "that sign-in alone is fresh"
    assert (await corp.teams.call("GET", "/v1/me", token=new)).body["fresh_until"]
    assert (await delete(corp, login, new)).status == 204
    (told,) = await corp.teams.farewells(login)
    assert told["name"] == "Grace Hopper"


async def test_it_counts_for_ten_minutes(corp, provider, shift) -> None:
    login = await newcomer(corp, provider)
    landing = await corp.back(await provider.sign_in(await corp.start(login, fresh=True), login))
    access, refresh = await refreshed(corp, landing.refresh_token)
    shift(seconds=FRESH_FOR.total_seconds() - 30)
    access, refresh = await refreshed(corp, refresh)
    begun = await corp.teams.call("POST", "/v1/auth/mfa/totp", {}, token=access)
    assert begun.status == 200, begun.body
    shift(seconds=40)
    access, _ = await refreshed(corp, refresh)
    assert code_of(await corp.teams.call("POST", "/v1/auth/mfa/totp", {}, token=access)) == "fresh_sign_in_required"


async def test_whatever_asks_for_the_password_takes_it(teams, corp, provider) -> None:
    login = await newcomer(corp, provider)
    access = await fresh(corp, provider, login)
    moved = await teams.call("POST", "/v1/me/email", {"email": f"new-{login}"}, token=access)
    assert moved.status == 202, moved.body
    first = await teams.call("POST", "/v1/auth/change-password", {"password": teams.password}, token=access)
    assert first.status == 200, first.body
    assert (await teams.call("POST", "/v1/auth/login", {"email": login, "password": teams.password})).status == 200
    assert code_of(await delete(corp, login, access)) == "password_required", "now there is one"
    assert (await delete(corp, login, access, password=teams.password)).status == 204


async def test_an_owner_with_a_password_needs_it_however_fresh_the_sign_in(teams, corp, provider) -> None:
    """Else whoever runs the provider could take an account's password and address, and not only sign in as it."""
    bob = await teams.add_member(corp.owner)
    await provider.know(corp.owner.email)
    access = await fresh(corp, provider, corp.owner.email)
    body = {"user_id": str(bob.user_id)}
    refused = await teams.call("POST", "/v1/organization/transfer-ownership", body, token=access)
    assert code_of(refused) == "password_required"
    me = (await teams.call("GET", "/v1/me", token=access)).body
    assert me["has_password"] is True


async def test_the_second_factor_is_asked_for_all_the_same(teams, corp, provider) -> None:
    login = await newcomer(corp, provider)
    access = await fresh(corp, provider, login)
    secret = (await teams.call("POST", "/v1/auth/mfa/totp", {}, token=access)).body["secret"]
    body = {"code": teams.code(secret, -1)}
    assert (await teams.call("POST", "/v1/auth/mfa/totp/confirm", body, token=access)).status == 200
    assert code_of(await delete(corp, login, access)) == "code_wrong"
    assert (await delete(corp, login, access, code=teams.code(secret))).status == 204


async def test_the_provider_is_told_to_ask_again(corp) -> None:
    asked = [parse_qs(urlsplit(await corp.start(f"grace@{corp.domain}", **how)).query) for how in ({}, {"fresh": True})]
    assert [(query.get("prompt"), query.get("max_age")) for query in asked] == [(None, None), (["login"], ["0"])]


@pytest.mark.parametrize(
    "said",
    [{}, {"auth_time": 0}, {"auth_time": "now"}, {"auth_time": True}, {"auth_time": 1e300}, {"auth_time": None}],
)
async def test_a_provider_that_did_not_ask_or_does_not_say_so_makes_nothing_fresh(attacked, hostile, said) -> None:
    login = f"grace@{attacked.domain}"
    hostile.claims = {"email": login, "email_verified": True} | said
    landing = await attacked.back(hostile.sign_in(await attacked.start(login, fresh=True)))
    assert landing.reason == "sso_not_fresh"
    landing = await attacked.back(hostile.sign_in(await attacked.start(login)))
    assert code_of(await delete(attacked, login, await token(attacked, landing))) == "fresh_sign_in_required"


async def test_a_providers_clock_that_is_ahead_makes_nothing_fresh_for_longer(attacked, hostile, shift) -> None:
    login = f"grace@{attacked.domain}"
    hostile.claims = {"email": login, "email_verified": True, "auth_time": time.time() + 86_400}
    landing = await attacked.back(hostile.sign_in(await attacked.start(login, fresh=True)))
    access, refresh = await refreshed(attacked, landing.refresh_token)
    assert (await attacked.teams.call("POST", "/v1/auth/mfa/totp", {}, token=access)).status == 200
    shift(minutes=11)
    access, _ = await refreshed(attacked, refresh)
    assert code_of(await attacked.teams.call("POST", "/v1/auth/mfa/totp", {}, token=access)) == "fresh_sign_in_required"
