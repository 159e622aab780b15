"""One spelling for every path, and no path with two readings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.problems import BadRequest
from gateway.paths import canonical_path, segment_text


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("/", "/"),
        ("/v1/me", "/v1/me"),
        ("/v1/me/", "/v1/me/"),
        ("/v1/%6De", "/v1/me"),
        ("/v1/%c3%a4", "/v1/%C3%A4"),
        ("/v1/a%20b", "/v1/a%20b"),
        ("/v1/a%3fb", "/v1/a%3Fb"),
        ("/v1/100%25", "/v1/100%25"),
        ("/.well-known/jwks.json", "/.well-known/jwks.json"),
        ("/v1/a@b:c", "/v1/a@b:c"),
        ("/v1/...", "/v1/..."),
    ],
)
def test_a_path_has_one_spelling(raw: str, canonical: str) -> None:
    assert canonical_path(raw) == canonical
    assert canonical_path(canonical) == canonical


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "*",
        "v1/me",
        "http://evil.example/v1/me",
        "//evil.example/v1",
        "/v1//me",
        "/v1/../internal/v1/revocations",
        "/v1/./me",
        "/v1/..",
        "/v1/%2e%2e/internal",
        "/v1/%2E./internal",
        "/v1/a%2fb",
        "/v1/a%2Fb",
        "/v1/a%5cb",
        "/v1/a\\b",
        "/v1/a%00",
        "/v1/a%0d%0aX:y",
        "/v1/a%7f",
        "/v1/%ff",
        "/v1/%c0%ae%c0%ae",
        "/v1/%ed%a0%80",
        "/v1/%",
        "/v1/%2",
        "/v1/%zz",
        "/v1/%252e%252e",
        "/v1/me#x",
        "/v1/a b",
        "/v1/ä",
        "/v1/<x>",
    ],
)
def test_two_readings_are_refused(raw: str) -> None:
    with pytest.raises(BadRequest) as refused:
        canonical_path(raw)
    assert refused.value.code == "path_invalid"


@given(st.text(alphabet=st.sampled_from("/.%\\2efEF5cC0a;#?\x00ä"), max_size=24))
def test_what_passes_is_stable_and_has_no_way_up(raw: str) -> None:
    try:
        canonical = canonical_path(raw)
    except BadRequest:
        return
    assert canonical_path(canonical) == canonical
    texts = [segment_text(segment) for segment in canonical[1:].split("/")]
    assert not {".", ".."} & set(texts)
    assert "" not in texts[:-1]
    assert not any(character in text for text in texts for character in "/\\\x00")
