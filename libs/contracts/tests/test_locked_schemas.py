from contracts import locked_schemas
from contracts.registry import EVENTS


def test_the_schema_files_are_those_of_the_models() -> None:
    assert locked_schemas.differences() == []


def test_a_changed_model_shows(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(locked_schemas, "DIRECTORY", tmp_path)
    locked_schemas.write()
    victim = tmp_path / "member.joined.v1.json"
    victim.write_bytes(victim.read_bytes().replace(b'"role"', b'"rank"'))
    (tmp_path / "nobody.v1.json").write_text("{}")
    (tmp_path / "user.updated.v1.json").unlink()
    assert sorted(locked_schemas.differences()) == [
        "member.joined.v1.json differs from its model",
        "nobody.v1.json belongs to no contract",
        "user.updated.v1.json is missing: run python -m contracts.locked_schemas",
    ]


def test_no_event_carries_a_secret() -> None:
    """Secret links travel as sealed commands only (see contracts.commands)."""
    for model in EVENTS:
        assert not {"token", "password", "secret", "link"} & set(model.model_fields), model.type
