"""What goes over the wire past aiormq: read and written as pamqp, an independent codec, reads and writes it."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pamqp import frame
from pamqp.body import ContentBody
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from chassis.publisher import Answers, Publisher
from chassis.wire import HEARTBEAT, Delivered, Outgoing, Wire

AT = datetime(2030, 1, 1, tzinfo=UTC)


def outgoing(**changes: Any) -> Outgoing:
    fields = {
        "exchange": "events",
        "routing_key": "member.joined",
        "message_id": "m",
        "type": "member.joined",
        "content_type": "application/json",
        "app_id": "teams",
        "timestamp": AT,
        "headers": {"traceparent": "00-ü"},
        "body": b"{}",
    }
    return Outgoing(**(fields | changes))


def unmarshalled(data: bytes) -> Iterator[Any]:
    while data:
        size, channel, one = frame.unmarshal(data)
        assert channel == 7
        data = data[size:]
        yield one


@pytest.mark.parametrize("headers", [{}, {"traceparent": "00-ü"}, {"count": 3, "deep": {"x": True}, "text": "t"}])
@pytest.mark.parametrize("body", [b"", b"{}", b"x" * 10_000])
def test_a_message_is_written_as_amqp_has_it(headers: dict[str, Any], body: bytes) -> None:
    publish, header, *bodies = unmarshalled(outgoing(headers=headers, body=body).frames(7, 4096))
    assert (publish.exchange, publish.routing_key, publish.mandatory) == ("events", "member.joined", True)
    properties = header.properties
    assert (properties.message_id, properties.message_type, properties.app_id) == ("m", "member.joined", "teams")
    assert (properties.delivery_mode, properties.timestamp, properties.headers) == (2, AT, headers)
    assert header.body_size == len(body)
    assert b"".join(part.value for part in bodies) == body
    assert all(len(part.value) <= 4096 - 8 for part in bodies)


@pytest.mark.parametrize("changes", [{"routing_key": "x" * 256}, {"headers": {"odd": object()}}])
def test_what_amqp_cannot_say_is_a_value_error(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        outgoing(**changes).frames(7, 4096)


def content(method: Any, body: bytes, **properties: Any) -> bytes:
    header = ContentHeader(body_size=len(body), properties=Basic.Properties(**properties))
    parts = [ContentBody(body[at : at + 1000]) for at in range(0, len(body), 1000)]
    return b"".join(frame.marshal(one, 1) for one in (method, header, *parts))


def delivered(body: bytes, **properties: Any) -> bytes:
    return content(Basic.Deliver("consumer", 5, False, "events", "key"), body, **properties)


class Heard:
    def __init__(self) -> None:
        self.wire = Wire(asyncio.get_running_loop())
        self.messages: list[Delivered] = []
        self.wire.on_delivery = self.messages.append


@pytest.mark.parametrize("step", [1, 3, 997, 100_000])
async def test_messages_are_taken_and_the_rest_goes_on(step: int) -> None:
    heard = Heard()
    close = frame.marshal(Basic.CancelOk("consumer"), 1)
    everything = {
        "content_type": "a",
        "content_encoding": "b",
        "headers": {"traceparent": "t", "x-delivery-count": 2},
        "delivery_mode": 2,
        "priority": 1,
        "correlation_id": "c",
        "reply_to": "d",
        "expiration": "1",
        "message_id": "m",
        "timestamp": AT,
        "message_type": "member.joined",
        "user_id": "u",
        "app_id": "teams",
    }
    stream = delivered(b"x" * 2500, **everything) + close + delivered(b"") + close
    for at in range(0, len(stream), step):
        heard.wire.feed_data(stream[at : at + step])
    heard.wire.feed_eof()
    assert await heard.wire.read() == close + close
    assert heard.messages == [
        Delivered(5, "m", "member.joined", {"traceparent": "t", "x-delivery-count": 2}, b"x" * 2500),
        Delivered(5, None, None, {}, b""),
    ]


async def test_what_nobody_asked_for_goes_on_whole() -> None:
    wire = Wire(asyncio.get_running_loop())
    stream = delivered(b"body") + frame.marshal(Basic.Ack(3, True), 1)
    wire.feed_data(stream)
    wire.feed_eof()
    assert await wire.read() == stream


async def test_a_torn_frame_goes_on_at_the_end() -> None:
    heard = Heard()
    heard.wire.feed_data(delivered(b"body")[:-3])
    heard.wire.feed_eof()
    assert await heard.wire.read() != b""
    assert heard.messages == []


async def test_aiormq_hears_that_the_connection_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """It closes a connection on which it hears nothing, and RabbitMQ sends no heartbeat while it delivers."""
    heard = Heard()
    now = asyncio.get_running_loop().time()
    monkeypatch.setattr(heard.wire, "_clock", lambda: now + 2)
    heard.wire.feed_data(delivered(b"one"))
    heard.wire.feed_data(delivered(b"two"))
    heard.wire.feed_eof()
    assert await heard.wire.read() == HEARTBEAT


class Publishing:
    def __init__(self) -> None:
        self.wire = Wire(asyncio.get_running_loop())
        self.written: asyncio.Queue[Any] = asyncio.Queue()
        self.publisher = Publisher(self.wire, 1, 4096, self.written)

    async def publish(self, *ids: str) -> Answers:
        return await self.publisher.publish([outgoing(message_id=each) for each in ids])

    def answer(self, *frames: Any) -> None:
        self.wire.feed_data(b"".join(one if isinstance(one, bytes) else frame.marshal(one, 1) for one in frames))


async def test_answers_are_counted_over_batches() -> None:
    on = Publishing()
    answers = await on.publish("a", "b", "c")
    on.answer(Basic.Ack(2))
    assert (answers.some.is_set(), answers.all.is_set(), answers.open) == (True, False, {0, 2})
    on.answer(Basic.Ack(3, True))
    assert (answers.all.is_set(), answers.refused) == (True, {})
    following = await on.publish("d", "e")
    on.answer(Basic.Nack(4), Basic.Ack(5))
    assert (following.all.is_set(), following.open, following.refused.keys()) == (True, set(), {0})
    assert on.written.qsize() == 2


async def test_a_returned_message_is_refused_and_its_neighbours_are_not() -> None:
    on = Publishing()
    answers = await on.publish("a", "b", "c")
    back = content(Basic.Return(312, "NO_ROUTE", "events", "member.joined"), b"{}", message_id="b")
    on.answer(back, Basic.Ack(3, True))
    assert answers.refused == {1: "NO_ROUTE"}
    assert answers.open == set()


async def test_a_message_that_cannot_be_said_takes_no_tag() -> None:
    on = Publishing()
    answers = await on.publisher.publish([outgoing(type="x" * 256), outgoing()])
    on.answer(Basic.Ack(1))
    assert (answers.all.is_set(), answers.refused.keys()) == (True, {0})


async def test_nobody_waits_for_a_lost_connection() -> None:
    on = Publishing()
    answers = await on.publish("a")
    on.publisher.lose()
    assert (answers.all.is_set(), answers.open) == (True, {0})
    later = await on.publish("b")
    assert (later.all.is_set(), later.open) == (True, {0})
