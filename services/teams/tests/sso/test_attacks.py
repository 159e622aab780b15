"""Whatever an attacker's provider, browser or link says: nobody becomes somebody they are not."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from aiohttp import web
from joserfc import jwk, jwt

from services.teams.tests.sso.conftest import make_sso
from services.teams.tests.sso.hostile_provider import at_hash, segment


@pytest.fixture
async def victim(teams, attacked, hostile):
    """Somebody whose sign-in the hostile provider vouches for, until a test has it lie."""
    hostile.claims = {"email": f"grace@{attacked.domain}", "email_verified": True}
    return f"grace@{attacked.domain}"


async def end(attacked, hostile, victim, **changes) -> str:
    """Where a whole sign-in ends: the reason, or "in"."""
    landing = await attacked.back(hostile.sign_in(await attacked.start(victim), **changes))
    return "in" if landing.path == "/login/sso/done" else landing.reason


async def test_an_honest_answer_is_let_in(attacked, hostile, victim) -> None:
    assert await end(attacked, hostile, victim) == "in"


async def test_nothing_secret_stands_in_the_address_the_browser_ends_at(attacked, hostile, victim) -> None:
    landing = await attacked.back(hostile.sign_in(await attacked.start(victim)))
    assert landing.location == "/login/sso/done?next=%2F"
    refresh = landing.cookies["refresh_token"]
    assert (refresh["httponly"], refresh["samesite"]) == (True, "Strict")
    (gone,) = [morsel for name, morsel in landing.cookies.items() if name.startswith("sso_")]
    assert (gone.value, gone["max-age"]) == ("", "0")


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another client"},
        {"aud": ["another client"]},
        {"aud": ["objectalabs", "another client"]},
        {"aud": ["objectalabs", "another client"], "azp": "another client"},
        {"azp": "another client"},
        {"nonce": "of another sign-in"},
        {"exp": lambda: int(time.time()) - 120},
        {"iat": lambda: int(time.time()) + 600},
        {"nbf": lambda: int(time.time()) + 600},
        {"exp": "tomorrow"},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": 7},
        {"sub": "a\x00b"},
        {"at_hash": at_hash("another access token")},
        {"at_hash": 7},
    ],
)
async def test_claims_that_do_not_speak_of_this_sign_in(attacked, hostile, victim, claims) -> None:
    # Instants are of the test's run: one of the collection would be past at the end of a long run.
    hostile.claims |= {name: value() if callable(value) else value for name, value in claims.items()}
    assert await end(attacked, hostile, victim) == "sso_token_refused"


@pytest.mark.parametrize("missing", ["iss", "aud", "sub", "exp", "iat", "nonce"])
async def test_claims_that_are_missing(attacked, hostile, victim, missing) -> None:
    hostile.without = {missing}
    assert await end(attacked, hostile, victim) == "sso_token_refused"


async def test_several_audiences_and_a_fitting_access_token_are_fine(attacked, hostile, victim) -> None:
    hostile.claims |= {"aud": ["objectalabs", "b"], "azp": "objectalabs", "at_hash": at_hash("an access token")}
    assert await end(attacked, hostile, victim) == "in"


def by_hmac(secret: bytes):
    def sign(header, claims) -> str:
        signed = f"{segment(header | {'alg': 'HS256'})}.{segment(claims)}"
        digest = hmac.digest(secret, signed.encode(), hashlib.sha256)
        return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"

    return sign


async def test_tokens_that_nobody_or_anybody_could_sign(attacked, hostile, victim) -> None:
    foreign = jwk.RSAKey.generate_key(2048, {"kid": "one"})
    forgeries = [
        lambda _, claims: f"{segment({'alg': 'none'})}.{segment(claims)}.",
        lambda _, claims: f"{segment({'alg': 'None', 'kid': 'one'})}.{segment(claims)}.",
        by_hmac(hostile.public_pem()),
        by_hmac(json.dumps(hostile.key.as_dict(private=False)).encode()),
        by_hmac(b"a secret: with/odd characters & 100%"),
        lambda header, claims: jwt.encode(header, claims, foreign),
        lambda header, claims: jwt.encode(header | {"kid": "two"}, claims, foreign),
        lambda header, claims: jwt.encode(header | {"jwk": foreign.as_dict(private=False)}, claims, foreign),
        lambda _, claims: f"{segment({'alg': 'RS256', 'kid': 'one', 'crit': ['exp'], 'exp': 1})}.{segment(claims)}.x",
        lambda header, claims: hostile._sign(header, claims)[:-4] + "AAAA",
        lambda *_: "not a token",
        lambda *_: "a.b.c",
        lambda *_: "x" * 100_000,
    ]
    for forge in forgeries:
        hostile.sign = forge
        assert await end(attacked, hostile, victim) == "sso_token_refused", forge


async def test_a_new_key_is_looked_for_once_and_a_flood_of_unknown_ones_is_not(attacked, hostile, victim) -> None:
    assert await end(attacked, hostile, victim) == "in"
    hostile.key = jwk.RSAKey.generate_key(2048, {"kid": "next"})
    hostile.published, hostile.header = [hostile.key], {"kid": "next"}
    assert await end(attacked, hostile, victim) == "in"
    hostile.header = {"kid": "invented"}
    before = sum(path == "/jwks" for path, _ in hostile.requests)
    for _ in range(3):
        assert await end(attacked, hostile, victim) == "sso_token_refused"
    assert sum(path == "/jwks" for path, _ in hostile.requests) == before


async def test_a_state_works_once(attacked, hostile, victim) -> None:
    url = hostile.sign_in(await attacked.start(victim))
    assert (await attacked.back(url)).path == "/login/sso/done"
    asked = len(hostile.requests)
    assert (await attacked.back(url)).reason == "sso_attempt_unknown"
    assert len(hostile.requests) == asked


async def test_of_two_at_once_one_works(attacked, hostile, victim) -> None:
    url = hostile.sign_in(await attacked.start(victim))
    landings = await asyncio.gather(*(attacked.back(url) for _ in range(5)))
    assert [landing.path for landing in landings].count("/login/sso/done") == 1


async def test_an_invented_state_and_a_late_one(attacked, hostile, victim, shift) -> None:
    assert await end(attacked, hostile, victim, state="invented") == "sso_attempt_unknown"
    assert await end(attacked, hostile, victim, state=None) == "sso_attempt_unknown"
    assert await end(attacked, hostile, victim, state="\u202e") == "sso_attempt_unknown"
    url = hostile.sign_in(await attacked.start(victim))
    shift(minutes=10, seconds=1)
    assert (await attacked.back(url)).reason == "sso_attempt_unknown"


async def test_another_browser_can_neither_use_nor_burn_a_sign_in(attacked, hostile, victim) -> None:
    """Login CSRF: an attacker's own finished sign-in, opened in a victim's browser, signs nobody in."""
    url = hostile.sign_in(await attacked.start(victim))
    own = attacked.cookies
    await attacked.start(victim)
    for cookies in ({}, attacked.cookies, dict.fromkeys(own, "x" * 43)):
        assert (await attacked.back(url, cookies)).reason == "sso_attempt_unknown"
    assert (await attacked.back(url, own)).path == "/login/sso/done"


async def test_a_code_of_another_sign_in(attacked, hostile, victim) -> None:
    """Injected: the token behind it carries another nonce; a real provider refuses the verifier beforehand."""
    stolen = parse_qs(urlsplit(hostile.sign_in(await attacked.start(victim))).query)["code"][0]
    assert await end(attacked, hostile, victim, code=stolen) == "sso_token_refused"


async def test_a_code_is_redeemed_once_at_a_real_provider(corp, provider) -> None:
    login = f"grace@{corp.domain}"
    await provider.know(login)
    url = await provider.sign_in(await corp.start(login), login)
    code = parse_qs(urlsplit(url).query)["code"][0]
    assert (await corp.back(url)).path == "/login/sso/done"
    again = await provider.sign_in(await corp.start(login), login)
    query = {name: values[0] for name, values in parse_qs(urlsplit(again).query).items()} | {"code": code}
    assert (await corp.back(f"{again.partition('?')[0]}?{urlencode(query)}")).reason == "sso_code_refused"


async def test_a_wrong_client_secret_is_told_apart(corp, provider) -> None:
    login = f"grace@{corp.domain}"
    await provider.know(login)
    assert (await corp.put(client_secret="not the secret")).status == 200
    assert (await corp.sign_in(provider, login)).reason == "sso_client_refused"


async def test_another_providers_answer_is_not_taken_to_this_one(attacked, hostile, victim) -> None:
    assert await end(attacked, hostile, victim, iss="https://honest.example") == "sso_mix_up"
    assert await end(attacked, hostile, victim, iss=hostile.issuer) == "in"
    assert not [form for path, form in hostile.requests if path == "/token" and form["code"] == "code-0"]


async def test_a_provider_that_promises_its_name_must_say_it(teams, nameserver, hostile) -> None:
    hostile.discovery = {"authorization_response_iss_parameter_supported": True}
    corp = await make_sso(teams, nameserver, hostile.issuer)
    hostile.claims = {"email": f"a@{corp.domain}"}
    assert await end(corp, hostile, f"a@{corp.domain}") == "sso_mix_up"
    assert await end(corp, hostile, f"a@{corp.domain}", iss=hostile.issuer) == "in"


async def test_settings_that_change_meanwhile_end_the_sign_in(attacked, hostile, victim) -> None:
    url = hostile.sign_in(await attacked.start(victim))
    await attacked.put(client_id="another", client_secret="x")
    assert (await attacked.back(url)).reason == "sso_changed"


async def test_userinfo_about_somebody_else(teams, nameserver, hostile) -> None:
    hostile.discovery = {"userinfo_endpoint": f"{hostile.issuer}/userinfo"}
    corp = await make_sso(teams, nameserver, hostile.issuer)
    for subject, ending in (("s2", "sso_token_refused"), ("s1", "in")):
        hostile.serve["/userinfo"] = lambda _, subject=subject: web.json_response(
            {"sub": subject, "email": f"a@{corp.domain}"}
        )
        assert await end(corp, hostile, f"a@{corp.domain}") == ending


@pytest.mark.parametrize(
    "case",
    [
        ("/token", lambda _: web.Response(status=500), "sso_provider_refused"),
        ("/token", lambda _: web.Response(text="<html>"), "sso_provider_garbage"),
        ("/token", lambda _: web.json_response([1]), "sso_provider_garbage"),
        ("/token", lambda _: web.json_response({}), "sso_provider_garbage"),
        ("/token", lambda _: web.json_response({"id_token": 7}), "sso_provider_garbage"),
        ("/token", lambda _: web.json_response({"error": "invalid_grant"}, status=400), "sso_code_refused"),
        ("/token", lambda _: web.Response(status=400, text="no"), "sso_code_refused"),
        ("/token", lambda _: web.Response(body=b"x" * 1_000_000), "sso_provider_too_large"),
        ("/token", lambda _: web.Response(status=302, headers={"Location": "/jwks"}), "sso_provider_redirected"),
        ("/jwks", lambda _: web.json_response({"keys": "none"}), "sso_token_refused"),
        ("/jwks", lambda _: web.json_response({"keys": [{"kty": "RSA", "kid": "one"}]}), "sso_token_refused"),
        ("/jwks", lambda _: web.json_response({"keys": [None, 7, {}]}), "sso_token_refused"),
    ],
)
async def test_a_provider_that_answers_nonsense(attacked, hostile, victim, case) -> None:
    path, answer, reason = case
    hostile.serve[path] = answer
    assert await end(attacked, hostile, victim) == reason
