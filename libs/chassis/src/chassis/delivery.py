"""Everything a worker process runs to deliver: relay, consumers, retries, schedules, upkeep and measures."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from chassis import sealing
from chassis.bus import Consumer
from chassis.database import Database, Tx
from chassis.fallen import Fallen
from chassis.idempotency import expire_keys
from chassis.inbox import Reactions, Reader
from chassis.measures import Measures
from chassis.relay import Relay
from chassis.retries import Retries
from chassis.scheduler import Schedule, Scheduler
from chassis.topology import Topology, commands_queue

OUTBOX_KEEP_DAYS = 14
INBOX_KEEP = timedelta(days=35)


class Runnable(Protocol):
    """Something a worker process runs until it is cancelled."""

    async def run(self) -> None:
        """Work until cancelled."""
        ...


def workers(
    database: Database,
    *,
    bus_url: str,
    reactions: Reactions | None = None,
    private_key: str | None = None,
    schedules: Sequence[Schedule] = (),
) -> list[Runnable]:
    """What the worker process of `database.service` runs. `private_key` opens the commands among the reactions.

    Raises ValueError where there are commands and no key.
    """
    reactions = reactions or Reactions()
    readers = readers_of(database.service, reactions, private_key)
    consumers = [
        Consumer(database.service, queue, database, reactions, bus_url, private_key=reader.private_key)
        for queue, reader in readers.items()
    ]
    running: list[Runnable] = [Relay(database, bus_url), *consumers, Measures(database)]
    running.append(Scheduler(database, [*upkeep(), *schedules]))
    if readers:
        running += [Retries(database, readers), Fallen(database, bus_url)]
    return running


def readers_of(service: str, reactions: Reactions, private_key: str | None) -> Mapping[str, Reader]:
    """Queue -> who understands its messages. Raises ValueError where there are commands and no sound key."""
    queues = Topology.of(service, reactions).queues
    if reactions.has_commands and private_key is None:
        raise ValueError(f"{service} reacts to sealed commands and has no private key")
    if private_key is not None:
        sealing.public_key_of(private_key)
    sealed = commands_queue(service)
    return {queue: Reader(reactions, private_key if queue == sealed else None) for queue in queues}


def upkeep() -> tuple[Schedule, ...]:
    """The schedules each service has: partitions made ahead and dropped behind, what is old enough forgotten.

    The inbox remembers longer than any message can be on its way; idempotency keys live a day.
    """
    return (
        Schedule("chassis.maintain_outbox", timedelta(days=1), _maintain_outbox),
        Schedule("chassis.prune_inbox", timedelta(hours=1), _prune_inbox),
        Schedule("chassis.expire_idempotency_keys", timedelta(hours=1), expire_keys),
    )


async def _maintain_outbox(tx: Tx) -> None:
    await tx.execute("SELECT maintain_outbox($1)", OUTBOX_KEEP_DAYS)


async def _prune_inbox(tx: Tx) -> None:
    await tx.execute("DELETE FROM inbox WHERE handled_at < $1", tx.now - INBOX_KEEP)
