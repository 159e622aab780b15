"""Tokens as attackers show them: everything but a good one is a 401 with a stable code."""

import base64
import json
from typing import Any
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from pydantic import BaseModel, ConfigDict

from chassis.internal import InternalSigner
from chassis.keys import SigningKey
from chassis.testing import TestIssuer
from chassis.tokens import sign


class Anything(BaseModel):
    model_config = ConfigDict(extra="allow")


def segment(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def changed(issuer: TestIssuer, **changes: Any) -> str:
    """A well signed token whose claims were changed; None removes one."""
    claims = issuer.claims(org_id=uuid4()).model_dump(mode="json", exclude_none=True) | changes
    return sign(issuer.key, Anything(**{name: value for name, value in claims.items() if value is not None}))


def with_header(issuer: TestIssuer, **header: Any) -> str:
    """A token signed with the issuer's key over another header."""
    fields = {"alg": "EdDSA", "kid": issuer.key.kid, "typ": "JWT"} | header
    signed = f"{segment(fields)}.{issuer.token(org_id=uuid4()).split('.')[1]}"
    raw = issuer.key.key.private_key.sign(signed.encode())  # type: ignore[union-attr, call-arg]
    return f"{signed}.{base64.urlsafe_b64encode(raw).rstrip(b'=').decode()}"


def hmac_confusion(issuer: TestIssuer) -> str:
    """Signed with the public key's bytes as an HMAC secret."""
    secret = OctKey.import_key(issuer.key.public_text.encode())
    claims = issuer.claims().model_dump(mode="json", exclude_none=True)
    return jwt.encode({"alg": "HS256", "kid": issuer.key.kid}, claims, secret, algorithms=["HS256"])


def unsigned(issuer: TestIssuer) -> str:
    _, payload, _ = issuer.token().split(".")
    return f"{segment({'alg': 'none', 'kid': issuer.key.kid})}.{payload}."


def tampered(issuer: TestIssuer) -> str:
    header, _, signature = issuer.token().split(".")
    claims = issuer.claims(org_id=uuid4(), role="owner").model_dump(mode="json", exclude_none=True)
    return f"{header}.{segment(claims)}.{signature}"


def stranger(issuer: TestIssuer) -> str:
    return TestIssuer().token(org_id=uuid4())


def stranger_under_our_kid(issuer: TestIssuer) -> str:
    other = SigningKey.generate()
    return sign(SigningKey(issuer.key.kid, other.key), issuer.claims(org_id=uuid4()))


INVALID = {
    "none": unsigned,
    "hmac": hmac_confusion,
    "tampered": tampered,
    "stranger": stranger,
    "stranger under our kid": stranger_under_our_kid,
    "embedded key": lambda issuer: with_header(issuer, jwk=TestIssuer().jwks()["keys"][0]),
    "key address": lambda issuer: with_header(issuer, jku="http://127.0.0.1:1/jwks.json"),
    "certificate": lambda issuer: with_header(issuer, x5u="http://127.0.0.1:1/c.pem"),
    "critical": lambda issuer: with_header(issuer, crit=["exp"]),
    "other type": lambda issuer: with_header(issuer, typ="logout+jwt"),
    "kid path": lambda issuer: with_header(issuer, kid="../../etc/passwd"),
    "kid object": lambda issuer: with_header(issuer, kid={"a": 1}),
    "audience admin": lambda issuer: changed(issuer, aud="admin"),
    "audience list": lambda issuer: changed(issuer, aud=["customer", "admin"]),
    "no audience": lambda issuer: changed(issuer, aud=None),
    "issuer": lambda issuer: changed(issuer, iss="https://example.com"),
    "no expiry": lambda issuer: changed(issuer, exp=None),
    "expiry text": lambda issuer: changed(issuer, exp="tomorrow"),
    "expiry endless": lambda issuer: changed(issuer, exp=1e300),
    "issued in the future": lambda issuer: changed(issuer, iat=issuer.clock.now().timestamp() + 3600),
    "not yet": lambda issuer: changed(issuer, nbf=issuer.clock.now().timestamp() + 3600),
    "no subject": lambda issuer: changed(issuer, sub=None),
    "subject no id": lambda issuer: changed(issuer, sub="root"),
    "no session": lambda issuer: changed(issuer, sid=None),
    "unknown role": lambda issuer: changed(issuer, role="god"),
    "oversize": lambda issuer: changed(issuer, padding="x" * 6300),
    "two parts": lambda _: "a.b",
    "garbage": lambda _: "!!!.???.---",
    "deep header": lambda _: base64.urlsafe_b64encode(b"[" * 3000).decode() + ".e30.AA",
}


async def refused(world: Any, headers: Any, code: str, path: str = "/v1/notes") -> None:
    async with world.http.get(world.url + path, headers=headers) as answer:
        document = await answer.json(content_type=None)
        assert (answer.status, document["code"]) == (401, code), document
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("make", INVALID.values(), ids=INVALID.keys())
async def test_a_token_that_proves_nothing(world: Any, make: Any) -> None:
    await refused(world, {"Authorization": f"Bearer {make(world.issuer)}"}, "token_invalid")


async def test_a_good_token_passes_and_its_scheme_is_not_case_sensitive(world: Any) -> None:
    for scheme in ("Bearer", "bearer", "BEARER"):
        headers = {"Authorization": f"{scheme} {world.issuer.token(org_id=world.org_id)}"}
        async with world.http.get(f"{world.url}/v1/notes", headers=headers) as answer:
            assert answer.status == 200


async def test_expired(world: Any) -> None:
    now = int(world.issuer.clock.now().timestamp())
    token = changed(world.issuer, iat=now - 700, exp=now - 1)
    await refused(world, {"Authorization": f"Bearer {token}"}, "token_expired")


async def test_nothing_shown(world: Any) -> None:
    await refused(world, {}, "authentication_required")
    for header in ("Basic YTpi", "Bearer", "Bearer a b", "Bearer  "):
        await refused(world, {"Authorization": header}, "token_invalid")
    token = world.issuer.token(org_id=world.org_id)
    twice = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]
    await refused(world, twice, "token_invalid")


@pytest.mark.parametrize(
    ("about", "code"),
    [
        ({"org_id": None}, "organization_required"),
        ({"role": "viewer"}, "permission_denied"),
        ({"role": "viewer", "permissions": ("organization:update",)}, "permission_denied"),
        ({"role": "auditor", "permissions": ("organization:read",)}, "permission_denied"),
    ],
)
async def test_known_but_not_allowed(world: Any, about: dict[str, Any], code: str) -> None:
    headers = world.owner(**about)
    async with world.http.post(f"{world.url}/v1/notes", json={"title": "a"}, headers=headers) as answer:
        document = await answer.json(content_type=None)
    assert (answer.status, document["code"]) == (403, code)
    missing = "organization:update" if code == "permission_denied" else None
    assert document.get("permission") == missing
    assert missing is None or missing in document["detail"]


async def test_a_custom_role_has_what_its_token_lists(world: Any) -> None:
    headers = world.owner(role="editor", permissions=("organization:update",))
    async with world.http.post(f"{world.url}/v1/notes", json={"title": "a"}, headers=headers) as answer:
        assert answer.status == 201


async def test_someone_without_organization_may_be_signed_in(world: Any) -> None:
    async with world.http.get(f"{world.url}/v1/me", headers=world.owner(org_id=None)) as answer:
        assert answer.status == 200


async def test_internal_and_customer_tokens_are_not_interchangeable(world: Any) -> None:
    who, token = "/internal/v1/who", world.signer.token("notes")
    async with world.http.get(world.url + who, headers={"Authorization": f"Bearer {token}"}) as answer:
        assert await answer.json() == {"service": "gateway"}
    await refused(world, world.owner(), "token_invalid", who)
    await refused(world, {"Authorization": f"Bearer {token}"}, "token_invalid")
    elsewhere = world.signer.token("teams")
    await refused(world, {"Authorization": f"Bearer {elsewhere}"}, "token_invalid", who)
    stranger = InternalSigner("gateway", SigningKey.generate().private_text).token("notes")
    await refused(world, {"Authorization": f"Bearer {stranger}"}, "token_invalid", who)


async def test_a_trusted_service_cannot_speak_for_another(world: Any) -> None:
    posing = InternalSigner("teams", world.signer._key.private_text).token("notes")
    await refused(world, {"Authorization": f"Bearer {posing}"}, "token_invalid", "/internal/v1/who")
