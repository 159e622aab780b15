from pathlib import Path

import orjson
from jsonschema import Draft202012Validator

from contracts import asyncapi, catalogue, golden_samples, readers
from contracts.registry import EVENTS

ROOT = Path(__file__).parents[3]


def pointers(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for part in value.values() for found in pointers(part)]
    return [found for part in value for found in pointers(part)] if isinstance(value, list) else []


def resolve(document: dict, pointer: str) -> object:
    for part in pointer.removeprefix("#/").split("/"):
        document = document[part]
    return document


def test_every_event_has_its_channel_message_and_sender() -> None:
    document = asyncapi.document()
    assert document["asyncapi"] == "3.0.0"
    assert {channel["address"] for channel in document["channels"].values()} == {model.type for model in EVENTS}
    assert set(document["components"]["messages"]) == {model.__name__ for model in EVENTS}
    sends = [name for name, operation in document["operations"].items() if operation["action"] == "send"]
    assert len(sends) == len({(model.type, who) for model in EVENTS for who in asyncapi.producers_of(model)})


def test_every_reference_leads_somewhere() -> None:
    document = asyncapi.document()
    found = pointers(document)
    assert found
    for pointer in found:
        assert resolve(document, pointer)


def test_the_golden_samples_fit_their_payloads() -> None:
    messages = asyncapi.document()["components"]["messages"]
    for model in EVENTS:
        payload = messages[model.__name__]["payload"]
        Draft202012Validator.check_schema(payload)
        Draft202012Validator(payload).validate(orjson.loads(golden_samples.path_of(model).read_bytes()))


def test_who_reads_what_stands_in_the_document() -> None:
    document = asyncapi.document()
    for type_, consumers in readers.all_readers().items():
        for consumer in consumers:
            operation = document["operations"][f"{consumer}_reads_{type_.replace('.', '_')}"]
            assert operation["action"] == "receive"


def test_the_page_of_events_is_up_to_date() -> None:
    assert (ROOT / "docs/events.md").read_text() == catalogue.page()
