"""What the broker looks like after `topology`: checked on the broker, not on our own words."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import pytest

from chassis import outbox, sealing
from chassis.database import Context
from chassis.topology import Topology, TopologyFailed, apply
from contracts.ids import new_id

from . import ledger
from .conftest import Stage, running, until


async def manage(stage: Stage, engines: Any, path: str) -> Any:
    vhost = urlsplit(stage.bus_url).path[1:]
    return await asyncio.to_thread(engines.rabbitmq.engine.manage, "GET", path.format(vhost=vhost))


async def test_queues_are_quorum_queues_with_nothing_but_their_type(stage: Stage, engines: Any) -> None:
    queues = {queue["name"]: queue for queue in await manage(stage, engines, "queues/{vhost}")}
    assert set(queues) == {"ledger", "ledger.commands", "ledger.dead", "events.unroutable"}
    assert all(queue["arguments"] == {"x-queue-type": "quorum"} for queue in queues.values())
    assert all(queue["durable"] for queue in queues.values())


async def test_policies_hold_the_limits(stage: Stage, engines: Any) -> None:
    for name in ("ledger", "ledger.commands"):
        queue = await until(lambda name=name: _with_policy(stage, engines, name))
        definition = queue["effective_policy_definition"]
        assert definition["delivery-limit"] == 20
        assert definition["dead-letter-exchange"] == "dead"
        assert definition["dead-letter-routing-key"] == "ledger"
        assert "max-length" not in definition
    exchange = await manage(stage, engines, "exchanges/{vhost}/events")
    assert exchange["policy"] == "events.alternate"


async def _with_policy(stage: Stage, engines: Any, name: str) -> Any:
    queue = await manage(stage, engines, "queues/{vhost}/" + name)
    return queue if queue.get("effective_policy_definition") else None


async def bindings(stage: Stage, engines: Any) -> set[str]:
    found = await manage(stage, engines, "queues/{vhost}/ledger/bindings")
    return {binding["routing_key"] for binding in found if binding["source"] == "events"}


async def test_it_can_be_applied_again_and_removes_bindings_nobody_wants(stage: Stage, engines: Any) -> None:
    async def again(*event_types: str) -> set[str]:
        topology = Topology(ledger.SERVICE, event_types, commands=True)
        await apply(topology, bus_url=stage.bus_url, management_url=stage.management_url)
        return await bindings(stage, engines)

    assert await bindings(stage, engines) == {"ledger.noted"}
    assert await again("ledger.noted", "ledger.erased") == {"ledger.noted", "ledger.erased"}
    assert await again("ledger.noted") == {"ledger.noted"}


async def test_an_unreachable_broker_is_named(stage: Stage) -> None:
    topology = Topology(ledger.SERVICE)
    with pytest.raises(TopologyFailed, match="ledger"):
        await apply(topology, bus_url="amqp://127.0.0.1:1/", management_url="http://127.0.0.1:1")


async def test_what_nobody_listens_to_is_confirmed_and_kept_for_a_look(stage: Stage) -> None:
    class UnheardV1(ledger.NotedV1):
        type = "ledger.unheard"

    async with stage.api.transaction(Context(actor="user:tester")) as tx:
        outbox.add(tx, UnheardV1(note_id=new_id(), text="?"), sequence=1)
    async with running(stage.relay()):
        await until(lambda: _unpublished(stage, 0))
    assert await stage.queued("events.unroutable") == 1


async def test_a_command_without_a_receiver_waits_and_holds_nobody_up(stage: Stage) -> None:
    class LostV1(ledger.WhisperV1):
        recipient = "nobody"

    async with stage.api.transaction(Context(actor="user:tester")) as tx:
        outbox.add_command(tx, LostV1(note_id=new_id(), token="t"), public_key=sealing.new_keypair()[1])
    await ledger.note(stage.api, "behind it")
    async with running(stage.relay(batch=1), stage.consumer()):
        await stage.all_in_effect()
        assert await ledger.count(stage.worker, "outbox", "published_at IS NULL") == 1


async def _unpublished(stage: Stage, count: int) -> bool:
    return await ledger.count(stage.worker, "outbox", "published_at IS NULL") == count
