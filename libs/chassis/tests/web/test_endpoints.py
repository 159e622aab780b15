"""Calls as a client makes them: arguments, answers, refusals."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import generate_latest

ECHO = {"title": "a"}


async def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    document = await answer.json(content_type=None)
    assert (answer.status, document["code"]) == (status, code), document
    assert answer.content_type == "application/problem+json"
    assert document["status"] == status
    assert document["request_id"] == answer.headers["X-Request-Id"]
    assert document["type"].endswith(code)
    return document


async def test_write_read_list_and_delete(world: Any) -> None:
    notes, headers = f"{world.url}/v1/notes", world.owner()
    async with world.http.post(notes, json={"title": "one"}, headers=headers) as answer:
        assert answer.status == 201
        assert answer.headers["ETag"] == '"1"'
        assert answer.headers["Cache-Control"] == "no-store"
        note = await answer.json()
    async with world.http.get(f"{notes}/{note['id']}", headers=headers) as answer:
        assert await answer.json() == note
    async with world.http.head(f"{notes}/{note['id']}", headers=headers) as answer:
        assert (answer.status, await answer.read()) == (200, b"")
    async with world.http.delete(f"{notes}/{note['id']}", headers=headers) as answer:
        assert (answer.status, await answer.read()) == (204, b"")
    async with world.http.get(f"{notes}/{note['id']}", headers=headers) as answer:
        await problem(answer, 404, "not_found")


async def test_pages_follow_each_other_without_gap(world: Any) -> None:
    notes, headers = f"{world.url}/v1/notes", world.owner()
    for number in range(5):
        await (await world.http.post(notes, json={"title": str(number)}, headers=headers)).read()
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        async with world.http.get(notes, params=params, headers=headers) as answer:
            page = await answer.json()
        seen += [note["title"] for note in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == ["0", "1", "2", "3", "4"]


async def test_another_organization_sees_nothing(world: Any) -> None:
    async with world.http.post(f"{world.url}/v1/notes", json=ECHO, headers=world.owner()) as answer:
        note = await answer.json()
    async with world.http.get(f"{world.url}/v1/notes/{note['id']}", headers=world.owner(org_id=uuid4())) as answer:
        await problem(answer, 404, "not_found")


async def test_an_update_needs_the_version_last_read(world: Any) -> None:
    headers = world.owner()
    async with world.http.post(f"{world.url}/v1/notes", json=ECHO, headers=headers) as answer:
        url = f"{world.url}/v1/notes/{(await answer.json())['id']}"
    async with world.http.patch(url, json=ECHO, headers=headers) as answer:
        await problem(answer, 428, "if_match_required")
    for tag in ('"9"', 'W/"1"', '"x"'):
        async with world.http.patch(url, json=ECHO, headers=headers | {"If-Match": tag}) as answer:
            await problem(answer, 412, "version_changed")
    async with world.http.patch(url, json=ECHO, headers=headers | {"If-Match": "1"}) as answer:
        await problem(answer, 400, "if_match_invalid")
    for tag, version in (('"7", "1"', 2), ("*", 3)):
        async with world.http.patch(url, json=ECHO, headers=headers | {"If-Match": tag}) as answer:
            assert (answer.status, answer.headers["ETag"]) == (200, f'"{version}"')


@pytest.mark.parametrize("path", ["1/%00", "99999999999999999999/a", "1.5/a", "²/a", "-/a"])
async def test_a_path_that_cannot_name_anything_is_404(world: Any, path: str) -> None:
    async with world.http.get(f"{world.url}/v1/words/{path}") as answer:
        await problem(answer, 404, "not_found")


@pytest.mark.parametrize("note_id", ["x", "{0192b0f0-0000-7000-8000-000000000000}", "0192b0f000007000800000000000000"])
async def test_an_id_that_is_no_id_is_404(world: Any, note_id: str) -> None:
    async with world.http.get(f"{world.url}/v1/notes/{note_id}", headers=world.owner()) as answer:
        await problem(answer, 404, "not_found")


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("nope=1", "nope", "unknown_field"),
        ("limit=1&limit=2", "limit", "repeated"),
        ("limit=0", "limit", "greater_than_equal"),
        ("limit=101", "limit", "less_than_equal"),
        ("limit=x", "limit", "int_parsing"),
        ("cursor=%00", "cursor", "text_not_storable"),
        ("cursor=!!", "cursor", "cursor_invalid"),
        ("cursor=WzFd", "cursor", "cursor_invalid"),
        ("cursor=" + "a" * 600, "cursor", "string_too_long"),
        ("starred=perhaps", "starred", "bool_parsing"),
        ("word=%00", "word", "text_not_storable"),
    ],
)
async def test_a_wrong_query_names_the_parameter(world: Any, query: str, pointer: str, code: str) -> None:
    async with world.http.get(f"{world.url}/v1/notes?{query}", headers=world.owner()) as answer:
        document = await problem(answer, 422, "validation_failed")
    assert [(one["pointer"], one["code"]) for one in document["errors"]] == [(pointer, code)]


async def test_a_list_parameter_may_be_repeated(world: Any) -> None:
    async with world.http.get(f"{world.url}/v1/notes?word=a&word=b", headers=world.owner()) as answer:
        assert answer.status == 200


async def test_unknown_paths_and_methods(world: Any) -> None:
    async with world.http.get(f"{world.url}/v1/nothing") as answer:
        await problem(answer, 404, "not_found")
    async with world.http.put(f"{world.url}/v1/notes") as answer:
        await problem(answer, 405, "method_not_allowed")
        assert answer.headers["Allow"] == "GET,HEAD,POST"
    async with world.http.options(f"{world.url}/v1/notes") as answer:
        assert (answer.status, answer.headers["Allow"]) == (204, "GET,HEAD,POST")


async def test_what_nobody_foresaw_leaks_nothing(world: Any) -> None:
    body = {"title": "crash after"}
    async with world.http.post(f"{world.url}/v1/notes", json=body, headers=world.owner()) as answer:
        document = await problem(answer, 500, "internal_error")
    assert "secret detail" not in str(document)
    assert await world.notes() == 0


async def test_the_request_id_is_taken_only_if_harmless(world: Any) -> None:
    for given, kept in (("abc-12345", True), ("short", False), ("a b c d e f g", False), ("x" * 200, False)):
        async with world.http.get(f"{world.url}/v1/nothing", headers={"X-Request-Id": given}) as answer:
            assert (answer.headers["X-Request-Id"] == given) is kept


async def test_readiness_asks_the_database(world: Any) -> None:
    async with world.http.get(f"{world.url}/health/ready") as answer:
        assert (answer.status, (await answer.json())["parts"]) == (200, {"database": "ok"})
    async with world.http.get(f"{world.url}/health/live") as answer:
        assert answer.status == 200


async def test_invented_methods_are_no_label(world: Any) -> None:
    async with world.http.request("PROPFIND", f"{world.url}/v1/notes") as answer:
        await problem(answer, 405, "method_not_allowed")
    assert 'method="PROPFIND"' not in generate_latest().decode()
    assert 'method="other"' in generate_latest().decode()


async def test_a_body_that_does_not_come_is_408(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.bodies.BODY_SECONDS", 0.05)
    never = asyncio.Event()

    async def body() -> Any:
        yield b'{"title"'
        await never.wait()

    headers = {"Content-Type": "application/json"}
    async with world.http.post(f"{world.url}/v1/echo", data=body(), headers=headers) as answer:
        await problem(answer, 408, "request_timeout")
    never.set()
