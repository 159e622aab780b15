import copy
from pathlib import Path

import orjson
import pytest

from contracts import compatibility, readers
from contracts.compatibility import WHOLE_EVENT, Break, breaks, check
from contracts.locked_schemas import all_schemas

JOINED = orjson.loads(all_schemas()["member.joined.v1.json"])


@pytest.fixture(autouse=True)
def _readers(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"member.joined": {"notifier": ["email", "role"], "analytics": ["*"]}}
    monkeypatch.setattr(readers, "all_readers", lambda: known)


def changed(**changes: object) -> dict:
    schema = copy.deepcopy(JOINED)
    for field, value in changes.items():
        if value is None:
            del schema["properties"][field]
            schema["required"] = [name for name in schema["required"] if name != field]
        else:
            schema["properties"][field] = value
    return schema


def test_nothing_that_was_released_is_broken() -> None:
    assert [str(one) for one in check()] == []


def test_a_removed_field_names_who_reads_it() -> None:
    (found,) = breaks("member.joined.v1", JOINED, changed(role=None))
    assert found == Break("member.joined.v1", "role", "was removed")
    assert "read by analytics, notifier" in str(found)


def test_a_field_that_only_one_reads() -> None:
    (found,) = breaks("member.joined.v1", JOINED, changed(joined_at=None))
    assert "read by analytics)" in str(found)


def test_a_retyped_field() -> None:
    (found,) = breaks("member.joined.v1", JOINED, changed(email={"type": "integer"}))
    assert found.change == "changed its type"


def test_a_new_value_of_a_closed_set_is_a_break_too() -> None:
    wider = changed(state={"enum": ["active", "removed", "asleep"], "type": "string"})
    assert [found.field for found in breaks("member.joined.v1", JOINED, wider)] == ["state"]


def test_a_new_required_field() -> None:
    schema = changed(team={"type": "string"})
    schema["required"] = [*schema["required"], "team"]
    (found,) = breaks("member.joined.v1", JOINED, schema)
    assert found.change == "is new and required"
    assert "read by analytics, notifier)" in str(found), "an old message is refused, whatever they read of it"


def test_an_event_that_is_gone_names_all_who_listen() -> None:
    assert "read by analytics, notifier)" in str(Break("member.joined.v1", WHOLE_EVENT, "was removed"))


def test_a_field_that_becomes_required() -> None:
    old = changed()
    old["required"] = [name for name in old["required"] if name != "role"]
    (found,) = breaks("member.joined.v1", old, JOINED)
    assert found.change == "became required"


def test_what_breaks_nobody() -> None:
    schema = changed(team={"type": "string", "default": "none"})
    schema["properties"]["email"]["description"] = "another sentence"
    assert list(breaks("member.joined.v1", JOINED, schema)) == []


def test_a_release_locks_and_a_break_after_it_shows(tmp_path: Path) -> None:
    assert compatibility.lock(tmp_path) == len(all_schemas())
    assert check(tmp_path) == []
    victim = tmp_path / "member.joined.v1.json"
    before = orjson.loads(victim.read_bytes())
    before["properties"]["nickname"] = {"type": "string"}
    victim.write_bytes(orjson.dumps(before))
    (tmp_path / "member.vanished.v1.json").write_text("{}")
    assert [(one.contract, one.field, one.change) for one in check(tmp_path)] == [
        ("member.joined.v1", "nickname", "was removed"),
        ("member.vanished.v1", "the whole event", "was removed"),
    ]


def test_before_the_first_release_a_break_is_told_against_the_reviewed_files(tmp_path: Path) -> None:
    """Whoever takes a field away hears who reads it, on the day they do it and not at the release."""
    reviewed, released = tmp_path / "reviewed", tmp_path / "released"
    assert compatibility.lock(reviewed) == len(all_schemas())
    victim = reviewed / "member.joined.v1.json"
    before = orjson.loads(victim.read_bytes())
    before["properties"]["nickname"] = {"type": "string"}
    victim.write_bytes(orjson.dumps(before))
    assert [str(one) for one in check(released, reviewed)] == [
        "member.joined.v1: nickname was removed (read by analytics): it is not released yet, "
        "so mend its readers and run python -m contracts.locked_schemas"
    ]
    compatibility.lock(released)
    assert check(released, reviewed) == [], "what was released counts, not what is under review"


def test_the_command_says_what_it_compared(capsys) -> None:
    assert compatibility.main([]) == 0
    assert capsys.readouterr().out.startswith(f"nothing breaks: {len(all_schemas())} contracts, ")


def test_a_type_behind_a_reference_is_compared() -> None:
    old = orjson.loads(all_schemas()["invoice.paid.v1.json"])
    new = copy.deepcopy(old)
    new["$defs"]["Money"]["properties"]["amount"] = {"type": "number"}
    assert {found.field for found in breaks("invoice.paid.v1", old, new)} == {"total", "paid"}
