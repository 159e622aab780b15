"""Exchanges, queues, bindings and policies on the broker: declared by `topology`, before any relay or consumer starts.

Queue arguments can never change later, so a queue is declared with nothing but its type; everything else is a policy.
"""

from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

import aio_pika
import aiohttp
from pamqp.common import FieldTable

from chassis.inbox import Reactions
from chassis.outbox import COMMANDS_EXCHANGE, EVENTS_EXCHANGE

UNROUTABLE = "events.unroutable"
DEAD = "dead"
DELIVERY_LIMIT = 20
UNROUTABLE_KEPT = 10_000
TIMEOUT_SECONDS = 30

Policy = tuple[str, str, str, dict[str, object]]


class TopologyFailed(Exception):
    """The broker refused; the message says what."""


@dataclass(frozen=True)
class Topology:
    """What a service needs on the broker. A service that only publishes has no event types and no queue."""

    service: str
    event_types: tuple[str, ...] = ()
    commands: bool = False

    @classmethod
    def of(cls, service: str, reactions: Reactions) -> "Topology":
        """The topology that a table of reactions asks for."""
        return cls(service, reactions.event_types, reactions.has_commands)

    @property
    def queues(self) -> dict[str, str]:
        """Queue -> the exchange it listens to."""
        queues = {self.service: EVENTS_EXCHANGE} if self.event_types else {}
        return queues | ({commands_queue(self.service): COMMANDS_EXCHANGE} if self.commands else {})


def commands_queue(service: str) -> str:
    """Where a service's sealed commands arrive."""
    return f"{service}.commands"


def dead_queue(service: str) -> str:
    """Where the broker puts what a crash-looping process never settled."""
    return f"{service}.dead"


async def apply(topology: Topology, *, bus_url: str, management_url: str) -> None:
    """Bring the broker to this topology: idempotent, and removes bindings for events the service no longer wants.

    Policies come first, so that no queue lives a moment without its delivery limit. Raises TopologyFailed.
    """
    vhost = quote(_vhost(bus_url), safe="")
    try:
        async with _management(management_url) as http:
            for policy in _policies(topology.service):
                await _put_policy(http, vhost, policy)
            connection = await aio_pika.connect(bus_url, timeout=TIMEOUT_SECONDS)
            async with connection, connection.channel() as channel:
                await _declare(channel, topology)
                await _bind(http, vhost, channel, topology)
    except (aiohttp.ClientError, aio_pika.exceptions.AMQPError, OSError) as error:
        raise TopologyFailed(f"the topology of {topology.service} was not applied: {error!r}") from error


async def bindings(queue: str, *, bus_url: str, management_url: str) -> set[tuple[str, str]] | None:
    """What a queue listens to, as (exchange, routing key); None where there is no such queue. Raises TopologyFailed."""
    path = _path("queues", quote(_vhost(bus_url), safe=""), queue)
    try:
        async with _management(management_url) as http:
            async with http.get(path) as response:  # its bindings alone are an empty list where there is no queue
                if response.status == 404:
                    return None
                response.raise_for_status()
            async with http.get(path + "/bindings") as response:
                response.raise_for_status()
                return {(row["source"], row["routing_key"]) for row in await response.json() if row["source"]}
    except (aiohttp.ClientError, OSError) as error:
        raise TopologyFailed(f"the broker's management API does not answer: {error!r}") from error


def _vhost(bus_url: str) -> str:
    """As aio-pika reads it: no path, or a single slash, is the vhost `/`."""
    return aio_pika.connection.make_url(bus_url).path[1:] or "/"


def _management(url: str) -> aiohttp.ClientSession:
    parts = urlsplit(url)
    auth = aiohttp.encode_basic_auth(unquote(parts.username or "guest"), unquote(parts.password or "guest"))
    base = f"{parts.scheme}://{parts.hostname}:{parts.port}"
    return aiohttp.ClientSession(
        base, headers={"Authorization": auth}, timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    )


def _policies(service: str) -> tuple[Policy, ...]:
    """(name, pattern, what it applies to, definition). Dead-lettering at-least-once needs `reject-publish`; without a
    length limit that never rejects. What nobody listens to is kept for a look, not for ever: the outbox has it.
    """
    own = service.replace(".", "\\.")
    unsettled: dict[str, object] = {
        "delivery-limit": DELIVERY_LIMIT,
        "dead-letter-exchange": DEAD,
        "dead-letter-routing-key": service,
        "dead-letter-strategy": "at-least-once",
        "overflow": "reject-publish",
    }
    return (
        (f"{service}.queues", rf"^{own}(\.commands)?$", "queues", unsettled),
        ("events.alternate", f"^{EVENTS_EXCHANGE}$", "exchanges", {"alternate-exchange": UNROUTABLE}),
        (
            UNROUTABLE,
            f"^{UNROUTABLE.replace('.', chr(92) + '.')}$",
            "queues",
            {"max-length": UNROUTABLE_KEPT, "overflow": "drop-head"},
        ),
    )


async def _put_policy(http: aiohttp.ClientSession, vhost: str, policy: Policy) -> None:
    name, pattern, applies_to, definition = policy
    body = {"pattern": pattern, "apply-to": applies_to, "definition": definition, "priority": 10}
    async with http.put(_path("policies", vhost, name), json=body) as response:
        if response.status >= 400:
            raise TopologyFailed(f"policy {name}: {response.status} {await response.text()}")


def _path(kind: str, vhost: str, *names: str) -> str:
    return "/".join(("/api", kind, vhost, *(quote(name, safe="") for name in names)))


async def _declare(channel: aio_pika.abc.AbstractChannel, topology: Topology) -> None:
    quorum: FieldTable = {"x-queue-type": "quorum"}
    await channel.declare_exchange(EVENTS_EXCHANGE, "topic", durable=True)
    await channel.declare_exchange(COMMANDS_EXCHANGE, "direct", durable=True)
    unroutable = await channel.declare_exchange(UNROUTABLE, "fanout", durable=True)
    dead = await channel.declare_exchange(DEAD, "direct", durable=True)
    spill = await channel.declare_queue(UNROUTABLE, durable=True, arguments=quorum)
    await spill.bind(unroutable)
    if not topology.queues:
        return
    fallen = await channel.declare_queue(dead_queue(topology.service), durable=True, arguments=quorum)
    await fallen.bind(dead, topology.service)
    for queue in topology.queues:
        await channel.declare_queue(queue, durable=True, arguments=quorum)


async def _bind(
    http: aiohttp.ClientSession, vhost: str, channel: aio_pika.abc.AbstractChannel, topology: Topology
) -> None:
    for queue_name, exchange in topology.queues.items():
        queue = await channel.get_queue(queue_name, ensure=False)
        wanted = set(topology.event_types) if exchange == EVENTS_EXCHANGE else {topology.service}
        for routing_key in sorted(wanted):
            await queue.bind(exchange, routing_key)
        for routing_key in await _bound(http, vhost, queue_name, exchange) - wanted:
            await queue.unbind(exchange, routing_key)


async def _bound(http: aiohttp.ClientSession, vhost: str, queue: str, exchange: str) -> set[str]:
    async with http.get(_path("queues", vhost, queue) + "/bindings") as response:
        if response.status == 404:
            return set()
        response.raise_for_status()
        return {row["routing_key"] for row in await response.json() if row["source"] == exchange}
