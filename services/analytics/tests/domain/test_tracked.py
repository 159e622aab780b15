import math
from datetime import UTC, datetime, timedelta

import pytest

from analytics.domain.recorded import Intake, Recorded, Refused
from analytics.domain.tracked import record
from contracts.ids import new_id

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
INTAKE = Intake.at(NOW, timedelta(days=400))
ORG = new_id()


def nested(depth):
    value = 1
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({}, "required"),
        ({"name": ""}, "name_invalid"),
        ({"name": " padded "}, "name_invalid"),
        ({"name": "a\nb"}, "name_invalid"),
        ({"name": "a" * 121}, "name_invalid"),
        ({"name": 1}, "name_invalid"),
        ({"name": "a", "id": ""}, "id_invalid"),
        ({"name": "a", "id": 7}, "id_invalid"),
        ({"name": "a", "user_id": "u" * 129}, "user_id_invalid"),
        ({"name": "a", "occurred_at": "yesterday"}, "occurred_at_invalid"),
        ({"name": "a", "occurred_at": "2026-11-23T12:00:00"}, "occurred_at_invalid"),
        ({"name": "a", "occurred_at": 1764000000}, "occurred_at_invalid"),
        ({"name": "a", "occurred_at": "2020-01-01T00:00:00Z"}, "too_old"),
        ({"name": "a", "occurred_at": "0001-01-01T00:00:00Z"}, "too_old"),
        ({"name": "a", "extra": 1}, "unknown_field"),
        ({"name": "a", "properties": []}, "properties_invalid"),
        ({"name": "a", "properties": {str(i): i for i in range(101)}}, "too_many_properties"),
        ({"name": "a", "properties": {"list": list(range(101))}}, "too_many_properties"),
        ({"name": "a", "properties": nested(6)}, "too_deep"),
        ({"name": "a", "properties": {"k" * 65: 1}}, "key_invalid"),
        ({"name": "a", "properties": {"": 1}}, "key_invalid"),
        ({"name": "a", "properties": {"a": "t" * 4097}}, "text_too_long"),
        ({"name": "a", "properties": {"a": "\x00"}}, "text_not_storable"),
        ({"name": "a", "properties": {"a": "\ud800"}}, "text_not_storable"),
        ({"name": "a", "properties": {"a": math.nan}}, "number_invalid"),
        ({"name": "a", "properties": {"a": math.inf}}, "number_invalid"),
        ({"name": "a", "properties": {"a": 2**63}}, "number_too_large"),
        ({"name": "a", "properties": {str(i): "t" * 2000 for i in range(10)}}, "too_large"),
        ("not an object", "event_invalid"),
        (None, "event_invalid"),
        ([{"name": "a"}], "event_invalid"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_its_reason(event, code):
    refused = record(event, ORG, INTAKE)
    assert isinstance(refused, Refused), refused
    assert refused.code == code
    assert len(refused.content) <= 8192
    assert record(event, ORG, INTAKE) == refused


@pytest.mark.parametrize(
    "properties",
    [
        {},
        nested(5),
        {"a": -(2**62), "b": 0.1, "c": None, "d": True, "e": [1, "two", {"three": 3}]},
        {"k" * 64: "t" * 4096},
        {"ключ": "значение 🎉"},
    ],
)
def test_properties_are_kept_as_they_are(properties):
    kept = record({"name": "report.opened", "properties": properties}, ORG, INTAKE)
    assert isinstance(kept, Recorded)
    import json

    assert json.loads(kept.properties) == properties


def identity(**event):
    return record({"name": "a"} | event, ORG, INTAKE).event_id


def test_an_id_is_the_identity_whatever_comes_with_it():
    assert identity(id="1") == identity(id="1", occurred_at="2026-11-01T00:00:00Z", properties={"b": 1})
    assert identity(id="1") != identity(id="2")
    assert record({"name": "a", "id": "1"}, new_id(), INTAKE).event_id != identity(id="1")


def test_without_an_id_the_content_is_the_identity():
    base = identity(properties={"a": 1, "b": [1, 2]}, occurred_at="2026-11-23T12:00:00Z")
    assert base == identity(properties={"b": [1, 2], "a": 1}, occurred_at="2026-11-23T13:00:00+01:00")
    others = [
        identity(properties={"a": 1, "b": [2, 1]}, occurred_at="2026-11-23T12:00:00Z"),
        identity(properties={"a": 1, "b": [1, 2]}, occurred_at="2026-11-23T12:00:01Z"),
        identity(properties={"a": 1, "b": [1, 2]}),
        identity(properties={"a": 1, "b": [1, 2]}, user_id="u", occurred_at="2026-11-23T12:00:00Z"),
    ]
    assert len({base, *others}) == 5


def test_a_clock_ahead_is_set_to_the_arrival_and_what_it_said_is_kept():
    ahead = record({"name": "a", "occurred_at": "2036-11-23T12:00:00Z"}, ORG, INTAKE)
    assert (ahead.occurred_at, ahead.claimed_at) == (NOW, datetime(2036, 11, 23, 12, tzinfo=UTC))
    little = record({"name": "a", "occurred_at": "2026-11-23T12:04:59Z"}, ORG, INTAKE)
    assert (little.occurred_at, little.claimed_at) == (NOW + timedelta(minutes=4, seconds=59), None)
    absent = record({"name": "a"}, ORG, INTAKE)
    assert (absent.occurred_at, absent.claimed_at) == (NOW, None)


def test_the_quarter_of_an_hour():
    one = record({"name": "a", "occurred_at": "2026-11-23T11:59:59.999+05:45"}, ORG, INTAKE)
    assert one.quarter == datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("event", "field", "detail"),
    [
        ({}, "name", "name: This field is required."),
        ({"name": 7}, "name", "name: Must be a text."),
        ({"name": "a", "extra": 1}, "extra", "extra: This field is not known."),
        ({"name": "a", "a: b": 1}, "a: b", "a: b: This field is not known."),
        ({"name": "a", "occurred_at": 1764000000}, "occurred_at", "occurred_at: Give a text as in RFC 3339, e.g. "),
        ({"name": "a", "occurred_at": "2020-01-01T00:00:00Z"}, "occurred_at", "occurred_at: only events since "),
        ({"name": "a", "properties": [1]}, "properties", "properties: Must be an object."),
        ({"name": "a", "properties": nested(6)}, "properties", "properties: nested deeper than 5 levels."),
        ("not an object", "", "Must be an object."),
    ],
)
def test_the_wrong_field_is_named_in_words_that_are_not_pythons(event, field, detail):
    refused = record(event, ORG, INTAKE)
    assert isinstance(refused, Refused)
    assert refused.field == field
    assert refused.detail.startswith(detail)
    assert "Value error" not in refused.detail
