"""Publishes batches: one write for all messages of a batch, and the broker's answers counted by delivery tag."""

import asyncio
from collections.abc import Sequence
from itertools import takewhile

from aiormq.abc import ChannelFrame

from chassis.wire import Outgoing, Returned, Wire


class Answers:
    """What the broker says to a batch, by the place in it. `refused` holds reasons; what is `open` was not answered.

    `some` is set with the first answer, `all` with the last; both when the connection is lost.
    """

    def __init__(self, messages: Sequence[Outgoing]) -> None:
        self.open = set(range(len(messages)))
        self.refused: dict[int, str] = {}
        self.some = asyncio.Event()
        self.all = asyncio.Event()
        self._ids = [message.message_id for message in messages]
        self._returned: dict[str, str] = {}

    def returned(self, message_id: str, reason: str) -> None:
        """No queue took it: its confirm, which follows, says no more than that the broker is done with it."""
        self._returned[message_id] = reason

    def settle(self, place: int, refusal: str | None) -> None:
        """The broker is done with the message at this place."""
        if place not in self.open:
            return
        self.open.discard(place)
        if reason := refusal or self._returned.get(self._ids[place]):
            self.refused[place] = reason
        self.some.set()
        if not self.open:
            self.all.set()

    def give_up(self) -> None:
        """No more answers will come."""
        self.some.set()
        self.all.set()


class Publisher:
    """The publishing side of a session's channel, which must be in confirm mode. It publishes one batch at a time."""

    def __init__(self, wire: Wire, channel_number: int, frame_max: int, written: "asyncio.Queue[ChannelFrame]") -> None:
        self._channel_number = channel_number
        self._frame_max = frame_max
        self._written = written
        self._last_tag = 0
        self._places: dict[int, int] = {}
        self._answers = Answers(())
        self._lost = False
        wire.on_confirm = self._confirm
        wire.on_return = self._return

    async def publish(self, messages: Sequence[Outgoing]) -> Answers:
        """Put a batch on its way; the answers come while the caller waits for them.

        A message that AMQP cannot carry is refused here.
        """
        answers = self._answers = Answers(messages)
        self._places.clear()
        frames = []
        for place, message in enumerate(messages):
            try:
                frames.append(message.frames(self._channel_number, self._frame_max))
            except ValueError as error:
                answers.settle(place, repr(error))
                continue
            self._last_tag += 1
            self._places[self._last_tag] = place
        if self._lost:
            answers.give_up()
        elif frames:
            await self._written.put(ChannelFrame(payload=b"".join(frames), should_close=False))
        return answers

    def lose(self) -> None:
        """The connection is gone: what is open stays without an answer."""
        self._lost = True
        self._answers.give_up()

    def _confirm(self, tag: int, multiple: bool, taken: bool) -> None:
        tags = list(takewhile(lambda known: known <= tag, self._places)) if multiple else [tag]
        for each in tags:
            place = self._places.pop(each, None)
            if place is not None:
                self._answers.settle(place, None if taken else "the broker refused it")

    def _return(self, returned: Returned) -> None:
        self._answers.returned(returned.message_id or "", returned.reason)
