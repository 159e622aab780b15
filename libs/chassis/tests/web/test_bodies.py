"""Hostile bodies: whatever is sent, the answer is a 2xx or a 4xx problem, and the right one."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.bodies import parse_json
from chassis.problems import Problem

JSON_TYPE = {"Content-Type": "application/json"}


async def post(world: Any, body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with world.http.post(f"{world.url}/v1/echo", data=body, headers=JSON_TYPE | named) as answer:
        return answer.status, await answer.json(content_type=None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"title": NaN}',
        b'{"title": -Infinity}',
        b'{"title": "a", "title": "b"}',
        b'{"title": "a", "extra": {"x": 1, "x": 1}}',
        b"[" * 33 + b"]" * 33,
        b'{"title": "a", "extra": ' + b'{"a":' * 40 + b"1" + b"}" * 40 + b"}",
        b"[" * 2000,
        b'{"title": "a", "stars": ' + b"9" * 2000 + b"x}",
        b'\xef\xbb\xbf{"title": "a"}',
        b'{"title": "\x00"}',
        b'{"title": "a"} x',
        b"{'title': 'a'}",
    ],
)
async def test_what_is_no_json_is_400(world: Any, body: bytes) -> None:
    status, document = await post(world, body)
    assert (status, document["code"]) == (400, "malformed_json")


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        (b"[]", "", "model_type"),
        (b'"x"', "", "model_type"),
        (b"null", "", "model_type"),
        (b"{}", "/title", "required"),
        (b'{"title": "a", "nope": 1}', "/nope", "unknown_field"),
        (b'{"title": "a", "tags": {"nope": 1}}', "/tags/nope", "unknown_field"),
        (b'{"title": "a", "a/b~c": 1}', "/a~1b~0c", "unknown_field"),
        (b'{"title": 1}', "/title", "string_type"),
        (b'{"title": ""}', "/title", "string_too_short"),
        (b'{"title": "a", "stars": "1"}', "/stars", "int_type"),
        (b'{"title": "a", "stars": true}', "/stars", "int_type"),
        (b'{"title": "a", "stars": 1.5}', "/stars", "int_type"),
        (b'{"title": "a", "tags": {"names": ["b", 2]}}', "/tags/names/1", "string_type"),
        (b'{"title": "\\u0000"}', "/title", "text_not_storable"),
        (b'{"title": "\\ud800"}', "/title", "text_not_storable"),
        (b'{"title": "a", "extra": {"x": ["\\udfff"]}}', "/extra/x/0", "text_not_storable"),
        (b'{"title": "a", "extra": {"\\u0000": 1}}', "/extra", "text_not_storable"),
        (b'{"title": "a", "stars": 9223372036854775808}', "/stars", "number_too_large"),
        (b'{"title": "a", "stars": ' + b"9" * 1000 + b"}", "/stars", "number_too_large"),
        (b'{"title": "a", "extra": {"x": 1e999}}', "/extra/x", "number_too_large"),
    ],
)
async def test_a_wrong_field_is_named(world: Any, body: bytes, pointer: str, code: str) -> None:
    status, document = await post(world, body)
    assert (status, document["code"]) == (422, "validation_failed"), document
    assert [(one["pointer"], one["code"]) for one in document["errors"]] == [(pointer, code)]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"[]", "Must be an object."),
        (b"{}", "This field is required."),
        (b'{"title": 1}', "Must be a text."),
        (b'{"title": "a", "nope": 1}', "This field is not known."),
    ],
)
async def test_it_is_said_in_words_of_json_and_not_of_python(world: Any, body: bytes, detail: str) -> None:
    _, document = await post(world, body)
    assert [one["detail"] for one in document["errors"]] == [detail]


async def test_escapes_that_are_whole_characters_pass(world: Any) -> None:
    status, document = await post(world, b'{"title": "\\ud83d\\ude00 \\u00e9", "extra": {"pi": 3.1e300}}')
    assert (status, document["title"]) == (200, "\U0001f600 é")


async def test_errors_quote_no_value_and_are_few(world: Any) -> None:
    many = {f"secret{number}": 1 for number in range(50)}
    status, document = await post(world, json.dumps({"title": ["hunter2"]} | many).encode())
    assert (status, len(document["errors"])) == (422, 20)
    assert "hunter2" not in str(document)


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "", "application/jsonp"],
)
async def test_other_media_are_415(world: Any, content_type: str) -> None:
    status, document = await post(world, b'{"title": "a"}', Content_Type=content_type)
    assert (status, document["code"]) == (415, "unsupported_media_type")


async def test_a_compressed_body_is_415(world: Any) -> None:
    status, document = await post(world, b"\x1f\x8b garbage", Content_Encoding="gzip")
    assert (status, document["code"]) == (415, "unsupported_media_type")


async def test_too_much_is_413_however_it_is_sent(world: Any) -> None:
    body = b'{"title": "' + b"a" * 3000 + b'"}'

    async def chunks() -> Any:
        yield body[:1000]
        yield body[1000:]

    for data in (body, chunks()):
        async with world.http.post(f"{world.url}/v1/echo", data=data, headers=JSON_TYPE) as answer:
            assert (answer.status, (await answer.json(content_type=None))["code"]) == (413, "body_too_large")


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4),
    max_leaves=12,
)
bodies = st.one_of(
    st.binary(max_size=200),
    json_like.map(lambda value: json.dumps(value).encode()),
    st.fixed_dictionaries(
        {"title": json_like}, optional={"stars": json_like, "tags": json_like, "extra": json_like, "nope": json_like}
    ).map(lambda value: json.dumps(value).encode()),
)


@given(body=bodies)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_body_breaks_the_server(world: Any, body: bytes) -> None:
    status, document = await post(world, body)
    assert status in (200, 400, 413, 422), document


@given(body=bodies)
@settings(max_examples=300, deadline=None)
def test_what_is_parsed_can_be_stored(body: bytes) -> None:
    try:
        value = parse_json(body)
    except Problem:
        return
    text = json.dumps(value, ensure_ascii=False)
    assert "\x00" not in text
    text.encode()


@given(title=st.text(st.characters(), max_size=80))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_passes_is_stored_as_it_was_sent(world: Any, title: str) -> None:
    body = json.dumps({"title": title}).encode()
    headers = JSON_TYPE | world.owner()
    async with world.http.post(f"{world.url}/v1/notes", data=body, headers=headers) as answer:
        document = await answer.json(content_type=None)
    assert answer.status in (201, 422), document
    if answer.status == 201:
        async with world.http.get(f"{world.url}/v1/notes/{document['id']}", headers=headers) as answer:
            assert (await answer.json())["title"] == title


async def test_a_file_is_taken_as_it_is_under_any_media_type(world: Any) -> None:
    content = bytes(range(256)) + b'{"title": NaN}'
    for kind in ("image/png", "application/octet-stream", "text/html; charset=utf-16"):
        async with world.http.post(f"{world.url}/v1/measure", data=content, headers={"Content-Type": kind}) as answer:
            assert (answer.status, await answer.json()) == (200, {"service": "270"})


async def test_a_file_that_is_too_large_or_packed_is_refused(world: Any) -> None:
    too_large, packed = b"x" * 2049, {"Content-Encoding": "gzip"}
    async with world.http.post(f"{world.url}/v1/measure", data=too_large) as answer:
        assert (answer.status, (await answer.json(content_type=None))["code"]) == (413, "body_too_large")
    async with world.http.post(f"{world.url}/v1/measure", data=b"x", headers=packed) as answer:
        assert (answer.status, (await answer.json(content_type=None))["code"]) == (415, "unsupported_media_type")
