"""Every golden sample is handled by every consumer that listens to it, in any order and twice, without a failure.

On the way it is recorded who reads which field (`contracts/readers.json`: run with WRITE_READERS=1 to renew it).
"""

import importlib
import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import pytest

from chassis.database import Context, Database
from chassis.inbox import Message, Reader
from chassis.processing import Processor
from contracts import golden_samples, readers, registry
from contracts.envelope import Envelope
from contracts.event import EventData
from local_stack.catalogue import SERVICES

SERVICES_WITH_SCHEMA = [importlib.import_module(f"{row.name}.app").SERVICE for row in SERVICES if row.has_schema]
CONSUMERS = [service for service in SERVICES_WITH_SCHEMA if service.reactions is not None]
WHOLE = {"model_dump", "model_dump_json"}

Reads = defaultdict[str, set[str]]


def messages(types: tuple[str, ...]) -> list[Message]:
    """Every version there is: the older ones reach a consumer through their upcasters."""
    found = [golden_samples.sample(model) for model in registry.EVENTS if model.type in types]
    return [Message(one.to_json(), str(one.id), one.type) for one in found]


@contextmanager
def recording() -> Iterator[Reads]:
    """Which fields of which event that came in anybody looks at meanwhile; not of those that are said in answer."""
    reads: Reads = defaultdict(set)
    came_in: dict[int, EventData] = {}
    read = registry.read

    def remember(envelope: Envelope, wanted: type[EventData]) -> EventData:
        event = read(envelope, wanted)
        came_in[id(event)] = event
        return event

    def look(event: EventData, name: str) -> object:
        model = type(event)
        if id(event) not in came_in:
            return object.__getattribute__(event, name)
        if name in model.__pydantic_fields__:
            reads[model.type].add(name)
        elif name in WHOLE:
            reads[model.type].add(readers.WHOLE)
        return object.__getattribute__(event, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EventData, "__getattribute__", look, raising=False)
        patch.setattr(registry, "read", remember)
        yield reads


@pytest.fixture
async def database(service, service_database):
    urls = service_database(service.name, service.migrations)
    opened = await Database.connect(urls.worker_url, service=service.name)
    yield opened
    await opened.close()


def test_somebody_consumes() -> None:
    assert {service.name for service in CONSUMERS} >= {"notifier"}


@pytest.mark.parametrize("service", CONSUMERS, ids=lambda service: service.name)
@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
async def test_the_samples_take_effect_once(service, backwards, database) -> None:
    samples = messages(service.reactions.event_types)
    assert len(samples) >= len(service.reactions.event_types)
    processor = Processor(database, service.name, Reader(service.reactions))
    await processor.settle(samples[::-1] if backwards else samples)
    await processor.settle(samples)
    async with database.transaction(Context(actor="system:test")) as tx:
        failed = await tx.fetch("SELECT type, error FROM failed_messages")
        handled = await tx.fetchval("SELECT count(*) FROM inbox WHERE consumer = $1", service.name)
    assert [dict(row) for row in failed] == []
    assert handled == len(samples)


async def test_who_reads_what_is_written_down(service_database) -> None:
    found: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for service in CONSUMERS:
        urls = service_database(service.name, service.migrations)
        database = await Database.connect(urls.worker_url, service=service.name)
        with recording() as reads:
            processor = Processor(database, service.name, Reader(service.reactions))
            await processor.settle(messages(service.reactions.event_types))
        await database.close()
        for type_ in service.reactions.event_types:
            fields = reads[type_]
            found[type_][service.name] = [readers.WHOLE] if readers.WHOLE in fields else sorted(fields)
    text = orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
    if os.environ.get("WRITE_READERS"):
        readers.FILE.write_bytes(text)
    assert readers.FILE.read_bytes() == text, "run this test with WRITE_READERS=1, then python -m contracts.catalogue"
