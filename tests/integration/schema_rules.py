"""What is asked of every answer beyond schemathesis' own checks; loaded by its runs (`test_every_operation.py`)."""

import re
from typing import Any

import schemathesis
from pydantic_core._pydantic_core import list_all_errors

_SCHEMALESS = frozenset({"value_error", "assertion_error"})
SAYABLE = {error["type"] for error in list_all_errors()} - _SCHEMALESS | {"required", "unknown_field", "repeated"}
"""Codes of rules that a JSON schema can state: pydantic's own, as `chassis.validation` renames them."""

REFUSED_LATER = frozenset({401, 402, 403, 404, 409, 410, 412, 422, 429})
"""What a request that follows the schema may still meet: who asks, what is there, what it would break."""


@schemathesis.check
def follows_the_schema_means_readable(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """Data that the schema allows is refused only for what no schema can say.

    In place of `positive_data_acceptance`, which takes no 422 at all: that an address has a mailbox, a cursor is ours
    or two fields exclude each other is found in no schema, while `int_type` or `unknown_field` would belong there.
    """
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code < 400:
        return
    assert response.status_code in REFUSED_LATER or response.status_code >= 500, (
        f"{response.status_code} for data that follows the schema: {response.text}"
    )
    if response.status_code == 422:
        wrong = [one for one in response.json().get("errors") or [] if one["code"] in SAYABLE]
        unsaid = [one for one in wrong if not _is_whole_float(case.body, one)]
        assert not unsaid, f"the schema does not say that this is refused: {unsaid}"


@schemathesis.check
def errors_are_problems(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """Every refusal explains itself: RFC 9457 with a stable code, the request's id and no trace of the code inside."""
    if response.status_code < 400 or response.request.method == "HEAD":
        return
    types = response.headers.get("content-type", [""])
    assert types[0].startswith("application/problem+json"), f"{response.status_code} as {types[0]}: {response.text}"
    problem = response.json()
    assert problem["status"] == response.status_code
    assert re.fullmatch(r"[a-z0-9_]+", problem["code"])
    assert problem["detail"]
    assert [problem["request_id"]] == response.headers["x-request-id"]
    assert "Traceback" not in response.text
    if response.status_code in (429, 503):
        assert "retry-after" in response.headers
    if response.status_code == 401:
        assert "www-authenticate" in response.headers


def _is_whole_float(body: Any, error: dict[str, str]) -> bool:
    """To JSON Schema 3.0 is an integer; to us it is what it looks like."""
    if error["code"] != "int_type":
        return False
    value = body
    for part in error["pointer"].split("/")[1:]:
        value = value[int(part)] if isinstance(value, list) else value[part.replace("~1", "/").replace("~0", "~")]
    return isinstance(value, float) and value.is_integer()
