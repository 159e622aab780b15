from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from pydantic import ValidationError

from contracts import golden_samples, registry
from contracts.envelope import Envelope, write
from contracts.event import EventData
from contracts.notifier import EmailBouncedV1, EmailBouncedV2
from contracts.teams import MemberJoinedV1, UserRegisteredV1


@pytest.mark.parametrize("model", registry.EVENTS, ids=lambda model: f"{model.type}.v{model.version}")
def test_the_golden_sample_of_each_event_reads_and_writes_back_the_same(model: type[EventData]) -> None:
    envelope = golden_samples.sample(model)
    event = registry.read(envelope, model)
    assert event.subject == envelope.subject
    assert event.model_dump(mode="json") == envelope.data
    assert Envelope.model_validate_json(envelope.to_json()) == envelope


@pytest.mark.parametrize("traceparent", [None, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"])
@pytest.mark.parametrize("model", registry.EVENTS, ids=lambda model: f"{model.type}.v{model.version}")
def test_a_written_event_says_what_its_envelope_says(model: type[EventData], traceparent: str | None) -> None:
    sample = golden_samples.sample(model)
    around: dict[str, Any] = {
        "id": sample.id,
        "source": sample.source,
        "time": datetime(2030, 1, 1, 12, 0, 0, 123456, tzinfo=UTC),
        "sequence": sample.sequence,
        "actor": sample.actor,
        "correlationid": sample.correlationid,
        "orgid": sample.orgid,
        "causationid": sample.causationid,
        "traceparent": traceparent,
    }
    event = registry.read(sample, model)
    assert orjson.loads(write(event, **around)) == orjson.loads(Envelope.around(event, **around).to_json())


def test_no_sample_is_left_over() -> None:
    assert {path.name for path in golden_samples.DIRECTORY.glob("*.json")} == {
        golden_samples.path_of(model).name for model in registry.EVENTS
    }


def test_names_on_the_wire_are_unique_and_past_facts_of_a_noun() -> None:
    names = [(model.type, model.version) for model in registry.EVENTS]
    assert len(set(names)) == len(names)
    assert all(name.count(".") == 1 and name == name.lower() for name, _ in names)


@pytest.mark.parametrize("model", registry.EVENTS, ids=lambda model: model.type)
def test_a_field_of_a_newer_producer_is_ignored_on_read_and_refused_on_write(model: type[EventData]) -> None:
    data = golden_samples.sample(model).data | {"from_the_future": 1}
    assert model.read(data) == model.read(golden_samples.sample(model).data)
    with pytest.raises(ValidationError):
        model(**data)


@pytest.mark.parametrize("model", registry.EVENTS, ids=lambda model: model.type)
def test_an_event_cannot_be_changed_once_written(model: type[EventData]) -> None:
    event = registry.read(golden_samples.sample(model), model)
    field = next(iter(model.model_fields))
    with pytest.raises(ValidationError):
        setattr(event, field, None)


def test_an_older_version_is_lifted_through_its_upcaster() -> None:
    """email.bounced v1 in an archive reads as v2 does."""
    old = golden_samples.sample(EmailBouncedV1)
    lifted = registry.read(old, EmailBouncedV2)
    assert isinstance(lifted, EmailBouncedV2)
    assert lifted.attempts == 1
    assert lifted.model_dump(mode="json") == old.data | {"attempts": 1}


def test_a_newer_version_is_no_older_one() -> None:
    with pytest.raises(registry.UnknownEvent, match=r"email\.bounced v2 is not email\.bounced v1"):
        registry.read(golden_samples.sample(EmailBouncedV2), EmailBouncedV1)


def test_every_superseded_version_leads_to_its_successor() -> None:
    known = {(model.type, model.version) for model in registry.EVENTS}
    for type_, version in known:
        if (type_, version + 1) in known:
            assert (type_, version) in registry.UPCASTERS
    assert all((type_, version + 1) in known for type_, version in registry.UPCASTERS)


def test_an_unknown_version_or_another_event_is_refused_by_name() -> None:
    joined = golden_samples.sample(MemberJoinedV1)
    with pytest.raises(registry.UnknownEvent, match=r"member\.joined v1 is not user\.registered v1"):
        registry.read(joined, UserRegisteredV1)
    newer = joined.model_copy(update={"dataschema": "https://objectalabs.dev/schemas/member.joined/v9"})
    with pytest.raises(registry.UnknownEvent, match="v9"):
        registry.read(newer, MemberJoinedV1)
    with pytest.raises(ValueError, match="names no version"):
        registry.read(joined.model_copy(update={"dataschema": "nonsense"}), MemberJoinedV1)


class _FromDatabase(UUID):
    """As a driver hands ids out: a UUID of a class of its own."""


def test_an_id_of_the_drivers_own_class_is_written_like_any_other() -> None:
    event = registry.read(golden_samples.sample(UserRegisteredV1), UserRegisteredV1)
    header: dict[str, Any] = {"source": "/services/teams", "time": datetime.now(UTC), "sequence": 1, "actor": "a"}
    bodies = [
        write(event, id=kind(int=1), orgid=kind(int=2), causationid=kind(int=3), correlationid="c", **header)
        for kind in (UUID, _FromDatabase)
    ]
    assert bodies[0] == bodies[1]
