"""A key writes once: replayed, refused with another body, refused while in use, gone with a rollback."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from chassis.database import Context
from chassis.idempotency import KEPT_FOR, expire_keys

BODY = {"title": "once"}


async def send(world: Any, path: str, body: Any, key: str, headers: dict[str, str]) -> tuple[int, Any, Any]:
    async with world.http.post(world.url + path, json=body, headers=headers | {"Idempotency-Key": key}) as answer:
        return answer.status, await answer.json(content_type=None), answer.headers


async def test_the_first_answer_again(world: Any) -> None:
    key, headers = str(uuid4()), world.owner()
    first, note, first_headers = await send(world, "/v1/slow-notes", BODY, key, headers)
    again, same, again_headers = await send(world, "/v1/slow-notes", BODY, key, headers)
    assert (first, again, same) == (201, 201, note)
    assert "Idempotency-Replayed" not in first_headers
    assert again_headers["Idempotency-Replayed"] == "true"
    for name in ("ETag", "Location", "Content-Type"):
        assert again_headers[name] == first_headers[name]
    assert await world.notes() == 1


async def test_one_write_a_key(world: Any) -> None:
    key, headers = str(uuid4()), world.owner()
    for _ in range(3):
        status, _, _ = await send(world, "/v1/notes", BODY, key, headers)
        assert status == 201
    assert await world.notes() == 1


async def test_another_body_is_refused(world: Any) -> None:
    key, headers = str(uuid4()), world.owner()
    await send(world, "/v1/notes", BODY, key, headers)
    status, document, _ = await send(world, "/v1/notes", {"title": "other"}, key, headers)
    assert (status, document["code"]) == (422, "idempotency_key_reused")


async def test_keys_belong_to_one_person_one_organization_and_one_path(world: Any) -> None:
    key, user = str(uuid4()), uuid4()
    mine = world.owner(user_id=user)
    _, note, _ = await send(world, "/v1/notes", BODY, key, mine)
    elsewhere = world.owner(user_id=user, org_id=uuid4())
    for path, headers in (("/v1/notes", world.owner()), ("/v1/notes", elsewhere), ("/v1/slow-notes", mine)):
        status, other, answered = await send(world, path, BODY, key, headers)
        assert status == 201
        assert "Idempotency-Replayed" not in answered
        assert other["id"] != note["id"]


async def test_a_refusal_keeps_no_key(world: Any) -> None:
    key, headers = str(uuid4()), world.owner()
    status, _, _ = await send(world, "/v1/notes", {"title": "crash after"}, key, headers)
    assert status == 500
    status, _, answered = await send(world, "/v1/notes", BODY, key, headers)
    assert (status, "Idempotency-Replayed" in answered) == (201, False)


async def test_while_the_first_is_at_work(world: Any) -> None:
    key, headers = str(uuid4()), world.owner()
    answers = await asyncio.gather(*(send(world, "/v1/notes", BODY, key, headers) for _ in range(8)))
    outcomes = {(status, document.get("code")) for status, document, _ in answers}
    assert outcomes <= {(201, None), (409, "idempotency_key_in_use")}
    assert len({document["id"] for status, document, _ in answers if status == 201}) == 1
    assert await world.notes() == 1


@pytest.mark.parametrize("key", ["", "é", "a" * 256, "a\tb"])
async def test_a_key_that_is_none(world: Any, key: str) -> None:
    status, document, _ = await send(world, "/v1/notes", BODY, key, world.owner())
    assert (status, document["code"]) == (400, "idempotency_key_invalid")


async def test_an_answer_with_secrets_is_derived_again_and_not_stored(world: Any) -> None:
    key, headers = str(uuid4()), world.owner()
    first, secret, first_headers = await send(world, "/v1/secrets", BODY, key, headers)
    again, derived, again_headers = await send(world, "/v1/secrets", BODY, key, headers)
    assert (first, again) == (200, 200)
    assert secret == derived == {"token": "secret of once"}
    assert again_headers["Idempotency-Replayed"] == "true"
    assert "HttpOnly" in first_headers["Set-Cookie"]
    assert "refresh_token=again" in again_headers["Set-Cookie"]
    assert await world.notes() == 1
    async with world.database.transaction(Context("system:test")) as tx:
        rows = await tx.fetch("SELECT * FROM idempotency_keys WHERE reference IS NOT NULL")
    assert rows
    assert all("secret of" not in str(dict(row)) and key not in str(dict(row)) for row in rows)


async def test_the_public_is_told_apart_by_address(world: Any) -> None:
    key = str(uuid4())
    _, note, _ = await send(world, "/v1/public-notes", BODY, key, {"X-Forwarded-For": "203.0.113.1"})
    _, same, _ = await send(world, "/v1/public-notes", BODY, key, {"X-Forwarded-For": "203.0.113.1"})
    _, other, _ = await send(world, "/v1/public-notes", BODY, key, {"X-Forwarded-For": "203.0.113.2"})
    _, forged, _ = await send(world, "/v1/public-notes", BODY, key, {"X-Forwarded-For": "203.0.113.1, 203.0.113.3"})
    assert note["id"] == same["id"]
    assert len({note["id"], other["id"], forged["id"]}) == 3


async def test_old_keys_go(world: Any) -> None:
    await send(world, "/v1/notes", BODY, str(uuid4()), world.owner())
    async with world.database.transaction(Context("system:test")) as tx:
        await tx.execute("UPDATE idempotency_keys SET created_at = created_at - $1::interval", KEPT_FOR * 2)
        await expire_keys(tx)
        assert await tx.fetchval("SELECT count(*) FROM idempotency_keys") == 0
