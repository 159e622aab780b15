"""Bad input through the front door: a clear 4xx with a stable code, never a 500, never silence."""

import base64
import json
from uuid import uuid4

import aiohttp
import pytest


@pytest.fixture
async def ada(person):
    return await person("Ada Lovelace").register(organization_name="Analytical Engines")


def code(answer) -> tuple[int, str]:
    assert answer.headers["Content-Type"].startswith("application/problem+json"), answer
    assert answer.body["request_id"] == answer.headers["X-Request-Id"]
    return answer.status, answer.body["code"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"email": "grace@example.com", "role": "member", "is_admin": True}, "/is_admin"),
        ({"email": "grace@example.com", "role": 7}, "/role"),
        ({"email": "not an address", "role": "member"}, "/email"),
        ({"email": "a\r\nBcc: all@example.com", "role": "member"}, "/email"),
        ({"role": "member"}, "/email"),
        ({"email": "grace@example.com", "role": "emperor"}, "/role"),
        ({"email": "x" * 400 + "@example.com", "role": "member"}, "/email"),
        ({"email": "gr\u0000ce@example.com", "role": "member"}, "/email"),
    ],
)
async def test_a_wrong_field_is_named(ada, body, pointer) -> None:
    answer = await ada.call("POST", "/v1/invitations", body)
    assert answer.status == 422
    assert pointer in [error["pointer"] for error in answer.body["errors"]]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"{", (400, "malformed_json")),
        (b'{"email": "a@example.com", "email": "b@example.com", "role": "member"}', (400, "malformed_json")),
        (b'{"email": NaN}', (400, "malformed_json")),
        (b"\xff\xfe", (400, "malformed_json")),
        (b"[" * 5000 + b"]" * 5000, (400, "json_too_deep")),
        (b"", (400, "malformed_json")),
        (b"[]", (422, "validation_failed")),
        (b'"text"', (422, "validation_failed")),
        (b'{"email": "' + b"x" * 3_000_000 + b'"}', (413, "body_too_large")),
    ],
    ids=["cut", "twice", "nan", "bytes", "deep", "empty", "list", "text", "large"],
)
async def test_a_body_that_cannot_be_read(ada, raw, expected) -> None:
    headers = {"Authorization": f"Bearer {ada.access_token}", "Content-Type": "application/json"}
    async with ada.http.post(f"{ada.gateway}/v1/invitations", data=raw, headers=headers) as response:
        body = await response.json(content_type="application/problem+json")
        assert (response.status, body["code"]) == expected


async def test_another_media_type(ada) -> None:
    headers = {"Authorization": f"Bearer {ada.access_token}"}
    async with ada.http.post(f"{ada.gateway}/v1/invitations", data={"email": "a@b.c"}, headers=headers) as response:
        assert response.status == 415


def forged(token: str, header: dict[str, object], **claims: object) -> str:
    """The token's claims, changed, under another header and without a valid signature."""
    payload = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part(header)}.{part(payload | claims)}.{token.split('.')[2] if header['alg'] != 'none' else ''}"


@pytest.mark.parametrize("path", ["/v1/members", "/v1/notifications", "/v1/me"])
async def test_tokens_nobody_should_believe(ada, path) -> None:
    token = ada.access_token
    kid = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))["kid"]
    hostile = [
        "nonsense",
        "a.b.c",
        token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB"),
        forged(token, {"alg": "none"}),
        forged(token, {"alg": "HS256", "kid": kid}),
        forged(token, {"alg": "EdDSA", "kid": kid}, role="owner", exp=9_999_999_999),
        forged(token, {"alg": "EdDSA", "kid": "unknown"}),
        "x" * 20_000,
    ]
    for value in hostile:
        answer = await ada.call("GET", path, Authorization=f"Bearer {value}")
        assert answer.status in (401, 431), (value[:40], answer)
    for value in ("", "Bearer", "Basic YTpi", f"bearer  {token} x"):
        answer = await ada.call("GET", path, Authorization=value)
        assert answer.status == 401, value
        assert "WWW-Authenticate" in answer.headers


async def test_no_token_at_all(person) -> None:
    assert code(await person("Nobody").call("GET", "/v1/members"))[0] == 401


async def test_ids_that_name_nothing(ada) -> None:
    for method, path in (
        ("DELETE", f"/v1/members/{uuid4()}"),
        ("DELETE", f"/v1/invitations/{uuid4()}"),
        ("POST", f"/v1/notifications/{uuid4()}/read"),
        ("DELETE", "/v1/members/not-an-id"),
        ("POST", "/v1/notifications/1;drop/read"),
        ("GET", "/v1/nothing/here"),
    ):
        answer = await ada.call(method, path)
        assert answer.status == 404, (path, answer)
        code(answer)


async def test_another_organizations_things_do_not_exist(ada, person) -> None:
    eve = await person("Eve").register(organization_name="Elsewhere")
    guest = person("Guest")
    invitation = await ada.invite(guest)
    for method, path in (
        ("DELETE", f"/v1/members/{ada.user['id']}"),
        ("DELETE", f"/v1/invitations/{invitation['id']}"),
        ("POST", f"/v1/invitations/{invitation['id']}/resend"),
    ):
        foreign = await eve.call(method, path)
        absent = await eve.call(method, path.replace(path.split("/")[3], str(uuid4())))
        assert foreign.status == absent.status == 404
        assert foreign.body["code"] == absent.body["code"]
    pending = (await ada.call("GET", "/v1/invitations")).ok()["items"]
    assert [item["state"] for item in pending if item["id"] == invitation["id"]] == ["pending"]


async def test_identity_headers_from_outside_are_not_believed(person) -> None:
    nobody = person("Nobody")
    for name in ("X-User-Id", "X_User_Id", "X-Org-Id", "X-Forwarded-User", "X-Role"):
        async with nobody.http.get(f"{nobody.gateway}/v1/me", headers={name: str(uuid4())}) as response:
            assert response.status == 401


async def test_internal_paths_have_no_route(ada) -> None:
    for path in ("/internal/v1/revocations", "/v1/../internal/v1/revocations", "/v1/%2e%2e/internal/v1/revocations"):
        async with ada.http.get(aiohttp.client.URL(ada.gateway + path, encoded=True)) as response:
            assert response.status in (400, 404), path


async def test_the_same_key_with_another_body_and_again_with_the_same(ada, person) -> None:
    key = str(uuid4())
    guest, other = person("Guest"), person("Other")
    first = await ada.invite(guest, Idempotency_Key=key)
    again = await ada.call("POST", "/v1/invitations", {"email": guest.email, "role": "member"}, Idempotency_Key=key)
    assert again.ok(201) == first
    assert again.headers["Idempotency-Replayed"] == "true"
    changed = await ada.call("POST", "/v1/invitations", {"email": other.email, "role": "member"}, Idempotency_Key=key)
    assert code(changed) == (422, "idempotency_key_reused")
    assert len((await ada.call("GET", "/v1/invitations")).ok()["items"]) == 1
