"""A service made for these tests: it states facts (`noted`) and keeps a ledger of those that took effect.

`effects` has no unique key: an effect that happened twice stands there twice.
"""

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import ClassVar
from uuid import UUID

import asyncpg

from chassis import outbox
from chassis.database import Context, Database, Tx
from chassis.inbox import Reactions, on, on_command
from contracts.commands import SecretCommand
from contracts.envelope import Envelope
from contracts.event import EventData
from contracts.ids import new_id

SERVICE = "ledger"
MIGRATIONS = Path(__file__).parent / "migrations"


class NotedV1(EventData):
    type: ClassVar[str] = "ledger.noted"
    version: ClassVar[int] = 1

    note_id: UUID
    text: str

    @property
    def subject(self) -> str:
        return str(self.note_id)


class WhisperV1(SecretCommand):
    type: ClassVar[str] = "whisper.send"
    version: ClassVar[int] = 1
    recipient: ClassVar[str] = SERVICE

    note_id: UUID
    token: str


class Poisonous(Exception):
    """What the handler raises on a note that says so."""


async def enter(tx: Tx, event: NotedV1, header: Envelope) -> None:
    """The effect. A note's text may ask for trouble."""
    if event.text == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if event.text == "poison":
        raise Poisonous(f"note {event.note_id} is poisonous")
    if event.text == "missing file":
        open("/nonexistent/template")  # noqa: ASYNC230, PTH123, SIM115 - it is to fail
    if event.text == "swallow":
        with suppress(asyncpg.DivisionByZeroError):
            await tx.execute("SELECT 1 / 0")
        return
    await tx.execute("INSERT INTO effects (note_id, text) VALUES ($1, $2)", event.note_id, event.text)
    if event.text == "echo":
        outbox.add(tx, NotedV1(note_id=new_id(), text="answer"), sequence=1)


async def hear(tx: Tx, command: WhisperV1, message_id: UUID) -> None:
    if command.token == "poison":
        raise Poisonous(f"token {command.token} is poisonous")
    await tx.execute("INSERT INTO effects (note_id, text) VALUES ($1, $2)", command.note_id, "whispered")


EVENTS = Reactions(on(NotedV1, enter))
EVERYTHING = Reactions(on(NotedV1, enter), on_command(WhisperV1, hear))


async def note(database: Database, *texts: str, roll_back: bool = False) -> list[UUID]:
    """State facts in one transaction, each beside a row of `notes`. Returns their note ids."""
    ids = [new_id() for _ in texts]
    try:
        async with database.transaction(Context(actor="user:tester")) as tx:
            for note_id, text in zip(ids, texts, strict=True):
                await tx.execute("INSERT INTO notes (note_id, text) VALUES ($1, $2)", note_id, text)
                outbox.add(tx, NotedV1(note_id=note_id, text=text), sequence=1)
            if roll_back:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    return ids


async def lost_and_doubled(database: Database) -> tuple[int, int]:
    """The ledger: notes committed without an effect, and notes with more than one."""
    async with database.transaction(Context(actor="system:test")) as tx:
        row = await tx.fetchrow(
            "SELECT count(*) FILTER (WHERE effects = 0) AS lost, count(*) FILTER (WHERE effects > 1) AS doubled "
            "FROM (SELECT n.note_id, count(e.note_id) AS effects FROM notes n LEFT JOIN effects e USING (note_id) "
            "GROUP BY n.note_id) AS counted"
        )
    assert row is not None
    return row["lost"], row["doubled"]


async def count(database: Database, table: str, condition: str = "true") -> int:
    async with database.transaction(Context(actor="system:test")) as tx:
        found = await tx.fetchval(f"SELECT count(*) FROM {table} WHERE {condition}")
    return int(found)
