# ruff: noqa: ARG002
"""Handlers of many: one call a batch, halved until the culprit stands alone."""

from typing import Any

import pytest

from chassis.database import Context, Database
from chassis.inbox import Message, Reactions, Reader, on, on_many
from chassis.processing import Processor
from contracts.golden_samples import sample
from contracts.ids import new_id
from contracts.teams import MemberJoinedV1, MemberRemovedV1, UserUpdatedV1


class Book:
    """Writes down what each call was given; raises where a poisoned person is among it."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.single: list[str] = []

    async def many(self, tx: Any, facts: Any) -> None:
        if any(header.subject == "poison" for _, header in facts):
            raise ValueError("a poisoned one")
        self.calls.append([event.type for event, _ in facts])

    async def one(self, tx: Any, event: Any, header: Any) -> None:
        self.single.append(event.type)


def message(model: Any, **about: Any) -> Message:
    envelope = sample(model).model_copy(update={"id": new_id()} | about)
    return Message(envelope.to_json(), str(envelope.id), envelope.type)


@pytest.fixture
async def database(service_database):
    opened = await Database.connect(service_database("teams", None).worker_url, service="teams")
    yield opened
    await opened.close()


async def stored(database: Database, table: str) -> int:
    async with database.transaction(Context("system:test")) as tx:
        return int(await tx.fetchval(f"SELECT count(*) FROM {table}"))


async def test_all_types_that_share_a_handler_come_in_one_call_and_duplicates_in_none(database):
    book = Book()
    table = Reactions(
        on_many(MemberJoinedV1, book.many), on_many(MemberRemovedV1, book.many), on(UserUpdatedV1, book.one)
    )
    processor = Processor(database, "teams", Reader(table))
    batch = [message(MemberJoinedV1), message(UserUpdatedV1), message(MemberRemovedV1), message(MemberJoinedV1)]
    await processor.settle([*batch, batch[0]])
    assert book.calls == [["member.joined", "member.removed", "member.joined"]]
    assert book.single == ["user.updated"]
    await processor.settle(batch)
    assert len(book.calls) == 1


async def test_the_culprit_alone_is_put_aside(database):
    book = Book()
    processor = Processor(database, "teams", Reader(Reactions(on_many(MemberJoinedV1, book.many))))
    batch = [message(MemberJoinedV1) for _ in range(11)]
    await processor.settle([*batch[:7], message(MemberJoinedV1, subject="poison"), *batch[7:]])
    assert sum(len(call) for call in book.calls) == 11
    assert await stored(database, "failed_messages") == 1
