"""What an organization does not own answers exactly as if it did not exist; no body or path moves the wall."""

import base64
import json
from uuid import uuid4

import pytest
from pydantic import BaseModel, ConfigDict

from chassis.keys import SigningKey
from chassis.tokens import sign
from contracts.ids import new_id
from contracts.permissions import ROLE_PERMISSIONS, Permission, Role
from contracts.tokens import ISSUER
from teams.api import ROUTES


def same_refusal(one, other) -> bool:
    def shape(answer):
        return answer.status, {k: v for k, v in answer.body.items() if k != "request_id"}

    return bool(shape(one) == shape(other))


async def test_foreign_ids_are_as_unknown_as_invented_ones(teams) -> None:
    ada, eve = await teams.register(), await teams.register()
    bob = await teams.add_member(ada)
    invited = await teams.invite(ada, teams.new_email())
    calls = [
        ("PATCH", "/v1/members/{}", bob.user_id, {"role": "admin"}),
        ("DELETE", "/v1/members/{}", bob.user_id, None),
        ("DELETE", "/v1/invitations/{}", invited["id"], None),
        ("POST", "/v1/invitations/{}/resend", invited["id"], None),
    ]
    before = len(await teams.events())
    for method, path, foreign, body in calls:
        theirs = await teams.call(method, path.format(foreign), body, token=eve.token, If_Match='"1"')
        nobodys = await teams.call(method, path.format(uuid4()), body, token=eve.token, If_Match='"1"')
        assert theirs.status == 404
        assert same_refusal(theirs, nobodys), path
    assert len(await teams.events()) == before


async def test_lists_hold_the_own_organization_only(teams) -> None:
    ada, eve = await teams.register(), await teams.register()
    await teams.invite(ada, teams.new_email())
    members = (await teams.call("GET", "/v1/members", token=eve.token)).body["items"]
    assert [member["user_id"] for member in members] == [str(eve.user_id)]
    assert (await teams.call("GET", "/v1/invitations", token=eve.token)).body["items"] == []
    organizations = (await teams.call("GET", "/v1/organizations", token=eve.token)).body["items"]
    assert [organization["id"] for organization in organizations] == [str(eve.org_id)]


async def test_a_foreign_cursor_leads_nowhere(teams) -> None:
    ada, eve = await teams.register(), await teams.register()
    await teams.add_member(ada)
    cursor = (await teams.call("GET", "/v1/members?limit=1", token=ada.token)).body["next_cursor"]
    page = (await teams.call("GET", f"/v1/members?cursor={cursor}", token=eve.token)).body
    assert {member["user_id"] for member in page["items"]} <= {str(eve.user_id)}


async def test_an_organization_named_in_body_or_header_is_not_believed(teams) -> None:
    ada, eve = await teams.register(), await teams.register()
    body = {"email": teams.new_email(), "org_id": str(ada.org_id)}
    assert (await teams.call("POST", "/v1/invitations", body, token=eve.token)).status == 422
    answer = await teams.call(
        "GET", "/v1/members", token=eve.token, X_Org_Id=str(ada.org_id), X_User_Id=str(ada.user_id)
    )
    assert [member["user_id"] for member in answer.body["items"]] == [str(eve.user_id)]


def segments(*parts: dict) -> list[str]:
    return [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]


class _Claims(BaseModel):
    """As wrong as a test wants."""

    model_config = ConfigDict(extra="allow")


def forge(teams, person, key=None, **changes) -> str:
    now = teams.clock.now().timestamp()
    claims = {
        "iss": ISSUER,
        "aud": "customer",
        "sub": person.user_id,
        "sid": new_id(),
        "org": person.org_id,
        "role": "owner",
        "iat": now,
        "exp": int(now) + 600,
        "jti": new_id(),
    }
    return sign(key or teams.settings.keys[0], _Claims.model_construct(**(claims | changes)))


async def refusal(teams, token: str) -> str:
    answer = await teams.call("GET", "/v1/me", token=token)
    assert answer.status == 401, answer.body
    return str(answer.code)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "internal"},
        {"aud": "admin"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"exp": None},
        {"iat": 99_999_999_999},
        {"sub": None},
        {"sid": "x"},
    ],
)
async def test_claims_that_do_not_hold(teams, changes) -> None:
    ada = await teams.register()
    claims = changes if "sid" in changes else changes | {"sid": json.loads(_payload(ada.token))["sid"]}
    assert await refusal(teams, forge(teams, ada, **claims)) in {"token_invalid", "token_expired"}


def _payload(token: str) -> bytes:
    segment = token.split(".")[1]
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


async def test_another_key_no_algorithm_another_algorithm_foreign_headers(teams) -> None:
    ada = await teams.register()
    payload, signature = ada.token.split(".")[1:]
    kid, public = teams.settings.keys[0].kid, teams.settings.keys[0].verifying.jwk()
    mallory = SigningKey.generate()
    assert await refusal(teams, forge(teams, ada, key=mallory)) == "token_invalid"
    headers = [
        {"alg": "none", "kid": kid},
        {"alg": "None"},
        {"alg": "HS256", "kid": kid},
        {"alg": "ES256", "kid": kid},
        {"alg": "EdDSA"},
        {"alg": "EdDSA", "kid": mallory.kid},
        {"alg": "EdDSA", "kid": "../../etc/passwd"},
        {"alg": "EdDSA", "kid": kid, "jku": "https://evil.example/jwks.json"},
        {"alg": "EdDSA", "kid": kid, "jwk": public},
        {"alg": "EdDSA", "kid": kid, "crit": ["exp"]},
    ]
    for header in headers:
        for last in (signature, ""):
            assert await refusal(teams, ".".join([*segments(header), payload, last])) == "token_invalid"
    for broken in ("", "x", "a.b", "a.b.c.d", ada.token[:-2], ada.token + "x", "x" * 20_000):
        answer = await teams.call("GET", "/v1/me", Authorization=f"Bearer {broken}")
        assert answer.status in (400, 401, 431), broken[:20]


async def test_a_genuine_signature_over_a_session_that_is_not_there_is_refused(teams) -> None:
    ada = await teams.register()
    assert await refusal(teams, forge(teams, ada)) == "token_revoked"


async def test_a_genuine_token_does_not_carry_a_role_one_does_not_have(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada)
    sid = json.loads(_payload(bob.token))["sid"]
    assert await refusal(teams, forge(teams, bob, sid=sid)) == "token_revoked"
    eve = await teams.register()
    sid = json.loads(_payload(eve.token))["sid"]
    assert await refusal(teams, forge(teams, eve, sid=sid, org=ada.org_id)) == "token_revoked"


async def test_an_internal_token_is_no_customer_and_a_customer_no_service(teams) -> None:
    ada = await teams.register()
    assert await refusal(teams, teams.internal_token()) == "token_invalid"
    for path in ("/internal/v1/revocations",):
        assert (await teams.call("GET", path, token=ada.token)).status == 401


def path_of(route) -> str:
    """With invented ids in it."""
    return str(route.path.format(**{name: uuid4() for name in IDS}))


PROTECTED = [route for group in ROUTES for route in group.routes if isinstance(route.access, Permission)]
IDS = (
    "user_id",
    "invitation_id",
    "organization_id",
    "role_id",
    "key_id",
    "account_id",
    "domain_id",
    "session_id",
)
BODIES = {
    "post_role": {"name": "Recruiter", "permissions": []},
    "patch_role": {"name": "Recruiter"},
    "post_dry_run": {"permissions": []},
    "post_api_key": {"name": "Import", "permissions": ["organization:read"]},
    "post_rotation": {},
    "post_service_account": {"name": "Agent", "role": "viewer"},
    "patch_service_account": {"name": "Agent"},
    "patch_organization": {"name": "Renamed"},
    "patch_member": {"role": "viewer"},
    "delete_own_organization": {"confirmation": "another name"},
    "transfer": {"user_id": str(uuid4()), "password": "not the password"},
    "put_sso": {"issuer": "https://login.example.com", "client_id": "c", "client_secret": "s"},
    "post_sso_domain": {"domain": "example.com"},
    "post_invitation": {"email": "nobody@example.com", "role": "viewer"},
}


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_reaches_exactly_what_the_matrix_grants(teams, role) -> None:
    """Every endpoint that names a permission, tried by every role: refused for its permission, or for anything else."""
    ada = await teams.register()
    person = ada if role is Role.OWNER else await teams.add_member(ada, role)
    for route in PROTECTED:
        path = path_of(route)
        answer = await teams.call(route.method, path, BODIES.get(route.name), token=person.token, If_Match='"1"')
        refused = answer.status == 403 and answer.code == "permission_denied"
        assert refused == (route.access not in ROLE_PERMISSIONS[role]), (route.method, route.path, answer.status)
        assert answer.status < 500


@pytest.mark.parametrize(
    "route", [r for g in ROUTES for r in g.routes if r.access.value != "public"], ids=lambda r: r.name
)
async def test_nothing_that_needs_somebody_answers_nobody(teams, route) -> None:
    path = path_of(route)
    answer = await teams.call(route.method, path, {} if route.writes else None)
    assert answer.status == 401
