"""The table of who reacts to what, and how a message from the bus becomes a call to a handler.

A handler works in the transaction that also records the message in `inbox`: its effect and the record commit together.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from uuid import UUID, uuid5

import orjson
from pydantic import ValidationError

from chassis import sealing, telemetry
from chassis.database import Context, Tx
from contracts import registry
from contracts.commands import SecretCommand
from contracts.envelope import Envelope
from contracts.event import EventData

E = TypeVar("E", bound=EventData)
C = TypeVar("C", bound=SecretCommand)
Handle = Callable[[Tx], Awaitable[None]]
Fact = tuple[EventData, Envelope]
HandleMany = Callable[[Tx, Sequence[Fact]], Awaitable[None]]

REPLAYED = "replayed"
"""AMQP header of a message from the archive: what it says may be days old, so it is no measure of speed."""

_UNREADABLE = UUID("0b4e1d8e-60b5-5d0f-9ad5-3a5b8d3f6c11")


@dataclass(frozen=True)
class Reaction:
    """One row of the table: this model -> this handler. Made by `on`, `on_many` or `on_command`."""

    model: type[EventData] | type[SecretCommand]
    handler: Callable[..., Awaitable[None]]
    many: bool = False
    snapshot: Callable[..., Awaitable[None]] | None = None


def on(
    model: type[E],
    handler: Callable[[Tx, E, Envelope], Awaitable[None]],
    *,
    snapshot: Callable[[Tx, E, Envelope], Awaitable[None]] | None = None,
) -> Reaction:
    """React to an event. The handler gets the transaction, the event and its envelope, and never commits.

    `snapshot` handles states of the same model that were sent to fill a projection: it stores and tells nobody. Without
    it they have no effect.
    """
    return Reaction(model, handler, snapshot=snapshot)


def on_many(model: type[EventData], handler: HandleMany, *, snapshot: HandleMany | None = None) -> Reaction:
    """React to events by the batch: one call for all that arrived together and share the handler, whatever their type.

    It works in the transaction of the whole batch, whose context is the service's own. If it fails the batch is halved
    until the culprit stands alone. `snapshot` as with `on`.
    """
    return Reaction(model, handler, many=True, snapshot=snapshot)


def on_command(model: type[C], handler: Callable[[Tx, C, UUID], Awaitable[None]]) -> Reaction:
    """React to a sealed command. The handler gets the transaction, the opened command and the message's id."""
    return Reaction(model, handler)


class Reactions:
    """The table at the bottom of a service's `consumers.py`. One reaction a type; ValueError for a second one."""

    def __init__(self, *reactions: Reaction) -> None:
        self._by_type: dict[str, Reaction] = {}
        for reaction in reactions:
            if self._by_type.setdefault(reaction.model.type, reaction) is not reaction:
                raise ValueError(f"two reactions to {reaction.model.type}")

    @property
    def event_types(self) -> tuple[str, ...]:
        """The events this service must be bound to, sorted."""
        return tuple(sorted(t for t, r in self._by_type.items() if issubclass(r.model, EventData)))

    @property
    def has_commands(self) -> bool:
        """Whether the service needs a queue for sealed commands."""
        return any(issubclass(r.model, SecretCommand) for r in self._by_type.values())

    def find(self, type_: str) -> Reaction:
        """The reaction to a type. Raises Invalid where there is none."""
        try:
            return self._by_type[type_]
        except KeyError:
            raise Invalid(f"no reaction to {type_!r}") from None

    def find_snapshot(self, type_: str) -> Reaction | None:
        """The reaction to a snapshot of that type; None where it is to have no effect."""
        reaction = self._by_type.get(type_)
        return replace(reaction, handler=reaction.snapshot) if reaction and reaction.snapshot else None


class Invalid(Exception):
    """A message that can never be handled as it is: it is dead at once, with this reason."""


@dataclass(frozen=True)
class Message:
    """A message as the broker delivered it, or as `failed_messages` keeps it."""

    body: bytes
    message_id: str | None = None
    type: str | None = None
    headers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def identity(self) -> UUID:
        """The sender's message id; without one, an id derived from the bytes, the same at each delivery."""
        try:
            return UUID(self.message_id or "")
        except ValueError:
            return uuid5(_UNREADABLE, self.body.hex())


@dataclass(frozen=True)
class Received:
    """A message that was understood: its identity, the context it acts in, and the call that handles it.

    `handle_many` is set where others may be handled in the same call: then `fact` is this message's part of it. A
    message that is not `wanted` is a snapshot that has no effect here, and leaves no row in the inbox.
    """

    event_id: UUID
    type: str
    context: Context
    traceparent: str | None
    sent_at: float | None
    handle: Handle
    handle_many: HandleMany | None = None
    fact: Fact | None = None
    wanted: bool = True


@dataclass(frozen=True)
class Reader:
    """Understands the messages of one queue. `private_key` opens sealed commands; without it only events are read."""

    reactions: Reactions
    private_key: str | None = None

    @property
    def sealed(self) -> bool:
        """Whether bodies are secret: what is inside may be neither stored nor logged in the open."""
        return self.private_key is not None

    def read(self, message: Message) -> Received:
        """Raises Invalid, with a reason that quotes no value of the message."""
        return self._read_command(message) if self.sealed else self._read_event(message)

    def _read_event(self, message: Message) -> Received:
        envelope = _envelope(message.body)
        find = self.reactions.find_snapshot if envelope.snapshot else self.reactions.find
        if (reaction := find(envelope.type)) is None:
            return Received(envelope.id, envelope.type, Context(envelope.actor), None, None, _unmoved, wanted=False)
        event = _event(envelope, _event_model(reaction))
        context = Context(
            actor=envelope.actor,
            correlation_id=envelope.correlationid,
            causation_id=envelope.id,
            org_id=envelope.orgid,
        )
        return Received(
            event_id=envelope.id,
            type=envelope.type,
            context=context,
            traceparent=_text(message.headers, "traceparent") or envelope.traceparent,
            sent_at=None if envelope.snapshot or REPLAYED in message.headers else envelope.time.timestamp(),
            handle=lambda tx: reaction.handler(tx, *([[(event, envelope)]] if reaction.many else [event, envelope])),
            handle_many=reaction.handler if reaction.many else None,
            fact=(event, envelope),
        )

    def _read_command(self, message: Message) -> Received:
        content = self._open(message.body)
        type_, version = str(content.get("type")), content.get("version")
        reaction = self.reactions.find(type_)
        if version != reaction.model.version:
            raise Invalid(f"{type_} v{version} is not {type_} v{reaction.model.version}")
        try:
            message_id = UUID(content["id"])
            command = reaction.model.model_validate(content.get("data"))
        except ValidationError as error:
            raise Invalid(f"{type_} does not validate: {reasons(error, secret=True)}") from None
        except (KeyError, TypeError, ValueError):
            raise Invalid(f"{type_} has no id") from None
        context = Context(actor=_text(message.headers, "actor") or "system:unknown", causation_id=message_id)
        if correlation_id := _text(message.headers, "correlationid"):
            context = Context(context.actor, correlation_id, message_id)
        return Received(
            event_id=message_id,
            type=type_,
            context=context,
            traceparent=_text(message.headers, "traceparent"),
            sent_at=None,
            handle=lambda tx: reaction.handler(tx, command, message_id),
        )

    def _open(self, body: bytes) -> dict[str, Any]:
        try:
            content = orjson.loads(sealing.open_sealed(self.private_key or "", body))
        except sealing.CannotOpen as error:
            raise Invalid(str(error)) from None
        except orjson.JSONDecodeError:
            raise Invalid("the sealed content is not JSON") from None
        if not isinstance(content, dict):
            raise Invalid("the sealed content is not an object")
        return content


async def _unmoved(tx: Tx) -> None:
    """What an unwanted snapshot does."""


def event_in(body: bytes, models: Mapping[str, type[EventData]]) -> EventData:
    """The event in a message, as one of the wanted models (by type). Raises Invalid."""
    envelope = _envelope(body)
    if envelope.type not in models:
        raise Invalid(f"no reaction to {envelope.type!r}")
    return _event(envelope, models[envelope.type])


def _envelope(body: bytes) -> Envelope:
    try:
        return Envelope.model_validate_json(body)
    except ValidationError as error:
        raise Invalid(f"not a CloudEvents envelope: {reasons(error)}") from None


def _event(envelope: Envelope, model: type[EventData]) -> EventData:
    try:
        return registry.read(envelope, model)
    except ValidationError as error:
        raise Invalid(f"{envelope.type} does not validate: {reasons(error)}") from None
    except ValueError as error:
        raise Invalid(str(error)) from None


def _event_model(reaction: Reaction) -> type[EventData]:
    if issubclass(reaction.model, EventData):
        return reaction.model
    raise Invalid(f"{reaction.model.type} is a sealed command, not an event")


def _text(headers: Mapping[str, Any], name: str) -> str | None:
    value = headers.get(name)
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value if isinstance(value, str) else None


def reasons(error: ValidationError, *, secret: bool = False) -> str:
    """Where a message does not fit its contract; where it is secret without a word that could quote it."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(
        f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['type'] if secret else e['msg']}" for e in found[:5]
    )


async def first_deliveries(tx: Tx, consumer: str, event_ids: Iterable[UUID]) -> set[UUID]:
    """Record messages as handled by `tx`; returns those that were not yet. Waits for a concurrent handler of one."""
    rows = await tx.fetch(
        "INSERT INTO inbox (consumer, event_id) SELECT $1, unnest($2::uuid[]) "
        "ON CONFLICT DO NOTHING RETURNING event_id",
        consumer,
        sorted(set(event_ids)),
    )
    return {row["event_id"] for row in rows}


async def handle(tx: Tx, consumer: str, received: Received) -> None:
    """Call the handler within `tx`'s transaction, under the message's own context and trace."""
    own = replace(tx, context=received.context)
    attributes: dict[str, str | int | float | bool] = {"consumer": consumer, "event.id": str(received.event_id)}
    with telemetry.span(f"handle {received.type}", received.traceparent, attributes=attributes):
        await received.handle(own)


async def handle_together(tx: Tx, consumer: str, received: Sequence[Received]) -> None:
    """Call each handler of many once, with everything that is for it in the order of arrival."""
    batches: dict[HandleMany, list[Fact]] = {}
    for one in received:
        if one.handle_many is not None and one.fact is not None:
            batches.setdefault(one.handle_many, []).append(one.fact)
    parent = telemetry.common_parent([one.traceparent for one in received])
    for handler, facts in batches.items():
        with telemetry.span("handle events", parent, attributes={"consumer": consumer, "events": len(facts)}):
            await handler(tx, facts)
