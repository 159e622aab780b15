"""Events in: every event of the catalogue, in its newest version, to one use case."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from analytics.usecases.record_facts import keep_states, record_facts
from chassis.database import Tx
from chassis.inbox import Fact, Reactions, on_many
from contracts.event import EventData
from contracts.registry import EVENTS


@dataclass(frozen=True)
class EventConsumers:
    """What arrives together is counted together."""

    keep_events: timedelta

    async def record(self, tx: Tx, facts: Sequence[Fact]) -> None:
        await record_facts(tx, facts, self.keep_events)

    async def keep(self, tx: Tx, facts: Sequence[Fact]) -> None:
        await keep_states(tx, facts, self.keep_events)


def newest(events: Sequence[type[EventData]]) -> list[type[EventData]]:
    """The newest version of each event; older ones are lifted to it."""
    found: dict[str, type[EventData]] = {}
    for model in events:
        if model.type not in found or found[model.type].version < model.version:
            found[model.type] = model
    return list(found.values())


def reactions(consumers: EventConsumers) -> Reactions:
    """Every event, whoever states it: nobody has to remember to count a new one."""
    return Reactions(*(on_many(model, consumers.record, snapshot=consumers.keep) for model in newest(EVENTS)))
