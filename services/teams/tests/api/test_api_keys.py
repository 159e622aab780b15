import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from contracts.api_keys import hash_api_key, is_well_formed, new_api_key

SCOPE = ["events:write", "members:read"]


async def make_key(teams: Any, by: Any, permissions: list[str] | None = None, **more: Any) -> dict[str, Any]:
    scope = {"permissions": SCOPE if permissions is None else permissions}
    body = {"name": "Nightly import"} | ({} if "service_account_id" in more and permissions is None else scope) | more
    answer = await teams.call("POST", "/v1/api-keys", body, token=by.token)
    assert answer.status == 201, answer.body
    return dict(answer.body)


async def exchange(teams: Any, secret: str) -> str | None:
    """What the gateway gets for a key: a token, or nothing."""
    body = {"hash": hash_api_key(secret).hex()}
    answer = await teams.call("POST", "/internal/v1/api-keys/exchange", body, token=teams.internal_token())
    assert answer.status == 200, answer.body
    token: str | None = answer.body["access_token"]
    return token


async def token_of(teams: Any, key: dict[str, Any]) -> str:
    token = await exchange(teams, key["secret"])
    assert token is not None
    return token


async def test_a_key_is_shown_once_and_stored_hashed(teams: Any) -> None:
    ada = await teams.register()
    key = await make_key(teams, ada)
    assert is_well_formed(key["secret"])
    assert key["hint"] == key["secret"][-4:]
    stored = await teams.admin.fetchval("SELECT hash FROM api_key_secrets WHERE key_id = $1", key["id"])
    assert stored == hash_api_key(key["secret"])
    listed = (await teams.call("GET", "/v1/api-keys", token=ada.token)).body["items"]
    assert [one["id"] for one in listed] == [key["id"]]
    assert "secret" not in listed[0]
    everything = str(await teams.events()) + str(await teams.activity(ada.org_id))
    assert key["secret"] not in everything
    assert stored.hex() not in everything


async def test_a_repeated_request_makes_no_second_key_and_shows_no_secret(teams: Any) -> None:
    ada = await teams.register()
    body = {"name": "Import", "permissions": SCOPE}
    first = await teams.call("POST", "/v1/api-keys", body, token=ada.token, Idempotency_Key="one-key-please")
    second = await teams.call("POST", "/v1/api-keys", body, token=ada.token, Idempotency_Key="one-key-please")
    assert (second.status, second.body["id"], second.body["secret"]) == (201, first.body["id"], None)
    assert first.headers["Cache-Control"] == "no-store"
    stored = await teams.admin.fetchval("SELECT string_agg(body::text, '') FROM idempotency_keys")
    assert first.body["secret"] not in (stored or "")


async def test_a_keys_token_does_what_its_scope_says_in_the_name_of_the_key(teams: Any) -> None:
    ada = await teams.register()
    key = await make_key(teams, ada, ["members:read", "invitations:create"])
    token = await token_of(teams, key)

    assert (await teams.call("GET", "/v1/members", token=token)).status == 200
    assert (await teams.call("GET", "/v1/roles", token=token)).code == "permission_denied"
    invited = await teams.call("POST", "/v1/invitations", {"email": teams.new_email()}, token=token)

    assert invited.code == "role_above_own"  # a member may write events, the key may not
    viewer = {"email": teams.new_email(), "role": "viewer"}
    assert (await teams.call("POST", "/v1/invitations", viewer, token=token)).code == "role_above_own"


async def test_what_a_key_does_is_told_as_done_by_the_key(teams: Any) -> None:
    ada = await teams.register()
    me = (await teams.call("GET", "/v1/me", token=ada.token)).body
    token = await token_of(teams, await make_key(teams, ada, me["permissions"]))
    invited = await teams.call("POST", "/v1/invitations", {"email": teams.new_email()}, token=token)
    assert invited.status == 201, invited.body
    assert invited.body["invited_by"] == str(ada.user_id)
    event = (await teams.events(about=invited.body["id"]))[-1]
    key_id = (await teams.call("GET", "/v1/api-keys", token=ada.token)).body["items"][0]["id"]
    assert event["actor"] == f"api_key:{key_id}"
    rows = await teams.activity(ada.org_id)
    assert rows[-1]["actor"] == f"api_key:{key_id}"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/me"),
        ("PATCH", "/v1/me"),
        ("GET", "/v1/organizations"),
        ("POST", "/v1/auth/switch-organization"),
        ("POST", "/v1/auth/mfa/step-up"),
    ],
)
async def test_a_key_is_no_person(teams: Any, method: str, path: str) -> None:
    ada = await teams.register()
    token = await token_of(teams, await make_key(teams, ada))
    answer = await teams.call(method, path, None if method == "GET" else {}, token=token)
    assert answer.code == "person_required"


async def test_a_key_makes_no_keys_and_no_service_accounts(teams: Any) -> None:
    ada = await teams.register()
    mighty = (await teams.call("GET", "/v1/me", token=ada.token)).body["permissions"]
    key = await make_key(teams, ada, mighty)
    token = await token_of(teams, key)
    body = {"name": "Child", "permissions": SCOPE}
    assert (await teams.call("POST", "/v1/api-keys", body, token=token)).code == "person_required"
    assert (await teams.call("POST", f"/v1/api-keys/{key['id']}/rotate", {}, token=token)).code == "person_required"
    assert (await teams.call("POST", "/v1/service-accounts", {"name": "Bot"}, token=token)).code == "person_required"


async def test_nobody_gives_a_key_what_they_may_not_do(teams: Any) -> None:
    ada = await teams.register()
    admin = await teams.add_member(ada, "admin")
    body = {"name": "Key", "permissions": ["billing:update"]}
    assert (await teams.call("POST", "/v1/api-keys", body, token=admin.token)).code == "permission_above_own"
    agent = {"name": "Key", "permissions": ["agent_events:write"]}
    assert (await teams.call("POST", "/v1/api-keys", agent, token=ada.token)).code == "permission_above_own"


async def test_a_key_shrinks_and_grows_with_its_creator(teams: Any) -> None:
    ada = await teams.register()
    admin = await teams.add_member(ada, "admin")
    key = await make_key(teams, admin, ["invitations:read", "members:read"])
    before = await token_of(teams, key)
    assert (await teams.call("GET", "/v1/invitations", token=before)).status == 200

    path = f"/v1/members/{admin.user_id}"
    await teams.call("PATCH", path, {"role": "viewer"}, token=ada.token, If_Match="*")
    assert (await teams.call("GET", "/v1/members", token=before)).code == "token_revoked"
    shrunk = await token_of(teams, key)
    assert (await teams.call("GET", "/v1/members", token=shrunk)).status == 200
    assert (await teams.call("GET", "/v1/invitations", token=shrunk)).code == "permission_denied"

    await teams.call("PATCH", path, {"role": "admin"}, token=ada.token, If_Match="*")
    assert (await teams.call("GET", "/v1/invitations", token=await token_of(teams, key))).status == 200


async def test_a_key_dies_with_its_creators_membership_and_does_not_come_back_with_them(teams: Any) -> None:
    ada = await teams.register()
    admin = await teams.add_member(ada, "admin")
    key = await make_key(teams, admin)
    token = await token_of(teams, key)

    await teams.call("DELETE", f"/v1/members/{admin.user_id}", token=ada.token)

    assert (await teams.call("GET", "/v1/members", token=token)).code == "token_revoked"
    assert await exchange(teams, key["secret"]) is None
    event = (await teams.events(about=key["id"]))[-1]
    assert (event["type"], event["data"]["reason"]) == ("api_key.revoked", "creator_removed")
    await teams.invite(ada, admin.email, "admin")
    back = await teams.log_in(admin)
    body = {"token": await teams.link_token(admin.email)}
    assert (await teams.call("POST", "/v1/invitations/accept", body, token=back.token)).status == 200
    assert await exchange(teams, key["secret"]) is None


async def test_an_edit_of_the_creators_custom_role_reaches_the_key(teams: Any) -> None:
    ada = await teams.register()
    role = await teams.call(
        "POST",
        "/v1/roles",
        {"name": "Builder", "permissions": ["members:read", "roles:read", "api_keys:update"]},
        token=ada.token,
    )
    grace = await teams.add_member(ada, role.body["id"])
    key = await make_key(teams, grace, ["members:read", "roles:read"])
    token = await token_of(teams, key)
    await teams.call(
        "PATCH", f"/v1/roles/{role.body['id']}", {"permissions": ["members:read"]}, token=ada.token, If_Match="*"
    )
    assert (await teams.call("GET", "/v1/members", token=token)).code == "token_revoked"
    shrunk = await token_of(teams, key)
    assert (await teams.call("GET", "/v1/members", token=shrunk)).status == 200
    assert (await teams.call("GET", "/v1/roles", token=shrunk)).code == "permission_denied"


async def test_a_revoked_key_is_over_for_good(teams: Any) -> None:
    ada = await teams.register()
    key = await make_key(teams, ada)
    token = await token_of(teams, key)
    assert (await teams.call("DELETE", f"/v1/api-keys/{key['id']}", token=ada.token)).status == 204
    assert (await teams.call("GET", "/v1/members", token=token)).code == "token_revoked"
    assert await exchange(teams, key["secret"]) is None
    assert (await teams.call("DELETE", f"/v1/api-keys/{key['id']}", token=ada.token)).status == 404
    assert (await teams.call("GET", "/v1/api-keys", token=ada.token)).body["items"] == []
    assert await teams.event_types(key["id"]) == ["api_key.created", "api_key.revoked"]


async def test_rotation_lets_the_old_secret_work_for_the_overlap(teams: Any, shift: Any) -> None:
    ada = await teams.register()
    key = await make_key(teams, ada)
    rotated = await teams.call("POST", f"/v1/api-keys/{key['id']}/rotate", {"overlap_seconds": 3600}, token=ada.token)
    assert (rotated.status, rotated.body["id"]) == (200, key["id"])
    assert rotated.body["secret"] != key["secret"]
    assert await exchange(teams, key["secret"])
    assert await exchange(teams, rotated.body["secret"])
    shift(hours=1, seconds=1)
    assert await exchange(teams, key["secret"]) is None
    assert await exchange(teams, rotated.body["secret"])


async def test_a_token_of_a_retired_secret_ends_with_it(teams: Any, shift: Any) -> None:
    ada = await teams.register()
    key = await make_key(teams, ada)
    await teams.call("POST", f"/v1/api-keys/{key['id']}/rotate", {"overlap_seconds": 60}, token=ada.token)
    token = await token_of(teams, key)
    shift(seconds=61)
    assert (await teams.call("GET", "/v1/members", token=token)).code == "token_expired"


async def test_rotation_without_overlap_ends_the_old_secret_and_its_tokens_at_once(teams: Any) -> None:
    ada = await teams.register()
    key = await make_key(teams, ada)
    token = await token_of(teams, key)
    rotated = await teams.call("POST", f"/v1/api-keys/{key['id']}/rotate", {"overlap_seconds": 0}, token=ada.token)
    assert await exchange(teams, key["secret"]) is None
    assert (await teams.call("GET", "/v1/members", token=token)).code == "token_revoked"
    fresh = await exchange(teams, rotated.body["secret"])
    assert (await teams.call("GET", "/v1/members", token=fresh)).status == 200


async def test_only_its_creator_rotates_a_key_but_others_revoke_it(teams: Any) -> None:
    ada = await teams.register()
    admin = await teams.add_member(ada, "admin")
    key = await make_key(teams, ada)
    assert (await teams.call("POST", f"/v1/api-keys/{key['id']}/rotate", {}, token=admin.token)).code == (
        "api_key_of_another"
    )
    assert (await teams.call("DELETE", f"/v1/api-keys/{key['id']}", token=admin.token)).status == 204


async def test_an_expired_key_is_refused_and_its_token_no_longer_than_it(teams: Any, shift: Any) -> None:
    ada = await teams.register()
    key = await make_key(teams, ada, expires_at=(datetime.now(UTC) + timedelta(seconds=90)).isoformat())
    body = {"hash": hash_api_key(key["secret"]).hex()}
    answer = await teams.call("POST", "/internal/v1/api-keys/exchange", body, token=teams.internal_token())
    assert datetime.fromisoformat(answer.body["expires_at"]) <= datetime.fromisoformat(key["expires_at"])
    shift(seconds=91)
    assert await exchange(teams, key["secret"]) is None
    rotated = await teams.call("POST", f"/v1/api-keys/{key['id']}/rotate", {}, token=ada.token)
    assert rotated.code == "api_key_ended"


async def test_the_last_use_is_written_once_a_minute_and_not_with_each_exchange(teams: Any, shift: Any) -> None:
    ada = await teams.register()
    key = await make_key(teams, ada)

    async def used() -> Any:
        return await teams.admin.fetchval("SELECT last_used_at FROM api_keys WHERE id = $1", key["id"])

    assert await used() is None
    await asyncio.gather(*(exchange(teams, key["secret"]) for _ in range(8)))
    first = await used()
    await exchange(teams, key["secret"])
    assert first is not None
    assert await used() == first
    shift(seconds=61)
    await exchange(teams, key["secret"])
    assert await used() > first


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "", "permissions": SCOPE}, "/name"),
        ({"name": "Key"}, "/permissions"),
        ({"name": "Key", "permissions": []}, "/permissions"),
        ({"name": "Key", "permissions": SCOPE, "expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"name": "Key", "permissions": SCOPE, "expires_at": "2199-01-01T00:00:00Z"}, "/expires_at"),
        ({"name": "Key", "permissions": SCOPE, "service_account_id": str(uuid4())}, "/service_account_id"),
        ({"name": "Key", "permissions": SCOPE, "org_id": str(uuid4())}, "/org_id"),
    ],
)
async def test_what_is_no_key_is_refused_with_its_field(teams: Any, body: dict[str, Any], pointer: str) -> None:
    ada = await teams.register()
    answer = await teams.call("POST", "/v1/api-keys", body, token=ada.token)
    assert answer.status == 422
    assert [error["pointer"] for error in answer.body["errors"]] == [pointer]


async def test_another_organizations_key_does_not_exist(teams: Any) -> None:
    ada, mallory = await teams.register(), await teams.register()
    key = await make_key(teams, ada)
    assert (await teams.call("DELETE", f"/v1/api-keys/{key['id']}", token=mallory.token)).status == 404
    assert (await teams.call("POST", f"/v1/api-keys/{key['id']}/rotate", {}, token=mallory.token)).status == 404
    assert (await teams.call("GET", "/v1/api-keys", token=mallory.token)).body["items"] == []
    assert await exchange(teams, key["secret"])


async def test_the_exchange_is_for_services_alone_and_tells_nothing_of_unknown_keys(teams: Any) -> None:
    ada = await teams.register()
    body = {"hash": hash_api_key(new_api_key()).hex()}
    path = "/internal/v1/api-keys/exchange"
    assert (await teams.call("POST", path, body, token=ada.token)).status == 401
    assert (await teams.call("POST", path, body)).status == 401
    assert (await teams.call("POST", path, {"hash": "zz"}, token=teams.internal_token())).status == 422
    assert await exchange(teams, new_api_key()) is None


async def test_a_key_shown_as_it_is_is_no_token(teams: Any) -> None:
    ada = await teams.register()
    key = await make_key(teams, ada)
    assert (await teams.call("GET", "/v1/members", token=key["secret"])).code == "token_invalid"
