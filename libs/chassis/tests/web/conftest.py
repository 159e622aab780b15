"""A small service on everything the door offers: notes of an organization."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from pydantic import BaseModel, ConfigDict, Field

from chassis.database import Database, Tx
from chassis.internal import InternalSigner, InternalVerifier
from chassis.keys import SigningKey
from chassis.problems import NotFound
from chassis.settings import ServiceSettings
from chassis.testing import TestIssuer, serving
from chassis.web import (
    Access,
    Caller,
    Door,
    IfMatch,
    Listing,
    Page,
    Reference,
    Reply,
    Routes,
    ServiceCaller,
    cookie,
    create_app,
)
from contracts.ids import new_id
from contracts.permissions import Permission

MIGRATIONS = Path(__file__).parent / "migrations"


class Tags(BaseModel):
    names: list[str] = Field(default_factory=list, max_length=5)


class NewNote(BaseModel):
    model_config = ConfigDict(frozen=True)

    title: str = Field(min_length=1, max_length=200)
    stars: int = 0
    tags: Tags = Tags()
    extra: dict[str, Any] = Field(default_factory=dict)


class Note(BaseModel):
    id: UUID
    title: str
    version: int


class Secret(BaseModel):
    token: str


class Asked(BaseModel):
    service: str


class Words:
    """Something a handler may ask for by type."""

    greeting = "hello"


class NoteQuery(Listing):
    word: list[str] = Field(default_factory=list)
    starred: bool = False


async def _insert(tx: Tx, title: str) -> Note:
    note = Note(id=new_id(), title=title, version=1)
    await tx.execute("INSERT INTO notes (id, title) VALUES ($1, $2)", note.id, title)
    return note


def make_routes() -> Routes:  # noqa: C901 - a table of small handlers
    routes = Routes("notes")
    read, change = Permission.ORGANIZATION_READ, Permission.ORGANIZATION_UPDATE

    @routes.post("/v1/notes", access=change, summary="Write a note", status=201)
    async def create_note(tx: Tx, body: NewNote) -> Note:
        note = await _insert(tx, body.title)
        if body.title == "crash after":
            raise RuntimeError("secret detail of ours")
        return note

    @routes.post("/v1/slow-notes", access=change, summary="Write a note the long way", status=201)
    async def create_slow_note(door: Door, body: NewNote, words: Words) -> Reply[Note]:
        title = f"{words.greeting} {body.title}"

        async def write(tx: Tx) -> Reply[Note]:
            note = await _insert(tx, title)
            return Reply(note, headers={"Location": f"/v1/notes/{note.id}"})

        return await door.write(write)

    async def again(tx: Tx, reference: Reference) -> Reply[Secret]:
        title = await tx.fetchval("SELECT title FROM notes WHERE id = $1::text::uuid", reference["id"])
        return Reply(Secret(token=f"secret of {title}"), cookies={"refresh_token": cookie("again")})

    @routes.post("/v1/secrets", access=change, summary="Make a secret", idempotent="rederive", rederive=again)
    async def create_secret(tx: Tx, body: NewNote) -> Reply[Secret]:
        note = await _insert(tx, body.title)
        cookies = {"refresh_token": cookie("first", secure=True)}
        return Reply(Secret(token=f"secret of {body.title}"), cookies=cookies, reference={"id": str(note.id)})

    @routes.get("/v1/notes", access=read, summary="List notes")
    async def list_notes(tx: Tx, query: NoteQuery) -> Page[Note]:
        after = query.after(UUID)
        rows = await tx.fetch(
            "SELECT * FROM notes WHERE ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT $2",
            after[0] if after else None,
            query.limit + 1,
        )
        return Page[Note].of(rows, query.limit, item=lambda row: Note(**row), key=lambda row: (row["id"],))

    @routes.get("/v1/notes/{note_id}", access=read, summary="Read a note")
    async def get_note(tx: Tx, note_id: UUID) -> Note:
        row = await tx.fetchrow("SELECT * FROM notes WHERE id = $1", note_id)
        if row is None:
            raise NotFound
        return Note(**row)

    @routes.patch("/v1/notes/{note_id}", access=change, summary="Change a note")
    async def update_note(tx: Tx, note_id: UUID, if_match: IfMatch, body: NewNote) -> Note:
        version = await tx.fetchval("SELECT version FROM notes WHERE id = $1 FOR UPDATE", note_id)
        if_match.check(version)
        row = await tx.fetchrow(
            "UPDATE notes SET title = $2, version = version + 1 WHERE id = $1 RETURNING *", note_id, body.title
        )
        assert row is not None
        return Note(**row)

    @routes.delete("/v1/notes/{note_id}", access=change, summary="Delete a note")
    async def delete_note(tx: Tx, note_id: UUID) -> None:
        await tx.execute("DELETE FROM notes WHERE id = $1", note_id)

    @routes.get("/v1/me", access=Access.SIGNED_IN, summary="Who am I")
    async def read_me(caller: Caller) -> Asked:
        return Asked(service=str(caller.user_id))

    @routes.get("/v1/words/{number}/{word}", access=Access.PUBLIC, summary="Echo a path")
    async def read_word(number: int, word: str) -> Asked:
        return Asked(service=f"{number} {word}")

    @routes.post("/v1/echo", access=Access.PUBLIC, summary="Echo a body", max_body=2048)
    async def echo(body: NewNote) -> NewNote:
        return body

    @routes.post("/v1/measure", access=Access.PUBLIC, summary="Measure a file", max_body=2048)
    async def measure(body: bytes) -> Asked:
        return Asked(service=str(len(body)))

    @routes.post("/v1/public-notes", access=Access.PUBLIC, summary="Count writes", status=201)
    async def create_public_note(tx: Tx, body: NewNote) -> Note:
        await tx.act_for(org_id=UUID(int=7))
        return await _insert(tx, body.title)

    @routes.get("/internal/v1/who", access=Access.INTERNAL, summary="Which service asks")
    async def read_who(service: ServiceCaller) -> Asked:
        return Asked(service=service.service)

    return routes


@dataclass
class World:
    """A running service, a way to call it and the things behind it."""

    url: str
    http: aiohttp.ClientSession
    issuer: TestIssuer
    signer: InternalSigner
    database: Database
    org_id: UUID

    def owner(self, **about: Any) -> dict[str, str]:
        return self.issuer.headers(**({"org_id": self.org_id} | about))

    async def notes(self) -> int:
        """How many notes the organization has."""
        async with self.http.get(f"{self.url}/v1/notes", params={"limit": "100"}, headers=self.owner()) as answer:
            return len((await answer.json())["items"])


@pytest.fixture(scope="module")
async def database(service_database: Callable[..., Any]) -> AsyncIterator[Database]:
    urls = service_database("notes", MIGRATIONS)
    database = await Database.connect(urls.api_url, service="notes", size=8)
    yield database
    await database.close()


@pytest.fixture
async def world(database: Database) -> AsyncIterator[World]:
    issuer, key = TestIssuer(), SigningKey.generate()
    app = create_app(
        ServiceSettings(),
        [make_routes()],
        service="notes",
        provide={Words: Words()},
        database=database,
        authenticator=issuer.authenticator(),
        internal=InternalVerifier({"gateway": key.public_text}, "notes"),
    )
    signer = InternalSigner("gateway", key.private_text)
    async with serving(app) as url, aiohttp.ClientSession() as http:
        yield World(url, http, issuer, signer, database, new_id())
