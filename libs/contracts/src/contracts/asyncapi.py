"""The AsyncAPI 3.0 document of every event: what is said, by whom, who listens. Served at /asyncapi.json."""

import sys
from collections.abc import Iterable
from typing import Any

import orjson

from contracts import golden_samples, readers
from contracts.envelope import CONTENT_TYPE, Envelope
from contracts.event import EventData
from contracts.locked_schemas import schema_of
from contracts.registry import EVENTS

Document = dict[str, Any]


def producers_of(model: type[EventData]) -> tuple[str, ...]:
    """The services that publish it: the one whose contracts module or package it stands in, or those it names."""
    return model.producers or (model.__module__.split(".")[1],)


def document(events: Iterable[type[EventData]] = EVENTS) -> Document:
    """The whole document; channels are routing keys of the topic exchange `events`."""
    models = sorted(events, key=lambda model: (model.type, model.version))
    channels: Document = {}
    operations: Document = {}
    for model in models:
        channel = channels.setdefault(_key(model.type), _channel(model))
        channel["messages"][f"v{model.version}"] = {"$ref": f"#/components/messages/{_name(model)}"}
        operations |= _operations(model)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "ObjectaLabs domain events",
            "version": "1.0.0",
            "description": "Facts that committed transactions state, as CloudEvents 1.0 on a RabbitMQ topic exchange. "
            "Delivered at least once, in any order; `sequence` says which of two snapshots is newer.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {"rabbitmq": {"host": "rabbitmq:5672", "protocol": "amqp", "protocolVersion": "0.9.1"}},
        "channels": channels,
        "operations": operations,
        "components": {"messages": {_name(model): _message(model) for model in models}},
    }


def _key(type_: str) -> str:
    return type_.replace(".", "_")


def _name(model: type[EventData]) -> str:
    return model.__name__


def _channel(model: type[EventData]) -> Document:
    return {
        "address": model.type,
        "description": f"Published by {', '.join(producers_of(model))}.",
        "messages": {},
        "bindings": {"amqp": {"is": "routingKey", "exchange": {"name": "events", "type": "topic", "durable": True}}},
    }


def _operations(model: type[EventData]) -> Document:
    channel = {"$ref": f"#/channels/{_key(model.type)}"}
    sends = {
        f"{producer}_publishes_{_key(model.type)}": {"action": "send", "channel": channel}
        for producer in producers_of(model)
    }
    return sends | {
        f"{consumer}_reads_{_key(model.type)}": {
            "action": "receive",
            "channel": channel,
            "summary": _reading(fields),
        }
        for consumer, fields in readers.of_event(model.type).items()
    }


def _reading(fields: list[str]) -> str:
    return "Takes the event as it is." if readers.WHOLE in fields else f"Reads {', '.join(fields) or 'no field'}."


def _message(model: type[EventData]) -> Document:
    return {
        "name": model.type,
        "title": f"{model.type} v{model.version}",
        "summary": (model.__doc__ or "").strip().partition("\n")[0],
        "contentType": CONTENT_TYPE,
        "payload": _payload(model),
        "examples": [{"name": "golden", "payload": golden_samples.sample(model).model_dump(mode="json")}],
    }


def _payload(model: type[EventData]) -> Document:
    """The envelope's schema with this event's data in the place of any object."""
    envelope = Envelope.model_json_schema(mode="serialization")
    data = schema_of(model)
    envelope["properties"]["data"] = _inlined(data, data.pop("$defs", {}))
    envelope["properties"]["type"] = {"const": model.type}
    return envelope


def _inlined(value: Any, definitions: Document) -> Any:
    """References replaced by what they mean: nested in another document they would point nowhere."""
    if isinstance(value, dict):
        if reference := value.get("$ref"):
            return _inlined(definitions[reference.rpartition("/")[2]], definitions)
        return {key: _inlined(part, definitions) for key, part in value.items() if key != "$schema"}
    if isinstance(value, list):
        return [_inlined(part, definitions) for part in value]
    return value


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(document(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
