"""The worker's door: dead letters for the operations platform, and for nobody else."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import asyncpg
import pytest

from chassis.database import Tx
from chassis.inbox import Reactions, on
from chassis.internal import InternalClient, InternalSigner, PeerRefused
from chassis.internal_door import open_internal_door
from chassis.keys import SigningKey
from chassis.lifecycle import Service
from chassis.settings import BusSettings, DatabaseSettings, PeerSettings, ServiceSettings
from contracts import golden_samples
from contracts.envelope import Envelope
from contracts.ids import new_id
from contracts.teams import MemberJoinedV1

MIGRATIONS = Path(__file__).parent / "processes" / "migrations"


class Settings(ServiceSettings, DatabaseSettings, BusSettings, PeerSettings):
    """What a service with everything reads."""


class Handler:
    """Fails until it is mended."""

    def __init__(self) -> None:
        self.mended = False
        self.handled = 0

    async def __call__(self, tx: Tx, event: MemberJoinedV1, header: Envelope) -> None:  # noqa: ARG002
        await tx.execute("INSERT INTO inbox (consumer, event_id) VALUES ('probe', $1)", header.id)
        self.handled += 1
        if not self.mended:
            raise RuntimeError("still broken")


@dataclass
class Place:
    handler: Handler
    admin: asyncpg.Connection
    client: Callable[[str], InternalClient]

    async def put_aside(self) -> UUID:
        envelope = golden_samples.sample(MemberJoinedV1).model_copy(update={"id": new_id()})
        return await self.admin.fetchval(
            "INSERT INTO things.failed_messages (consumer, event_id, type, body, headers, error, error_group, attempts,"
            " state, first_failed_at, last_failed_at) VALUES ('things', $1, $2, $3, $4, 'RuntimeError: still broken',"
            " 'RuntimeError: still broken', 6, 'dead', now(), now()) RETURNING id",
            envelope.id, envelope.type, envelope.to_json(), '{"message_id": null, "headers": {}}',
        )  # fmt: skip


@pytest.fixture
async def place(service_database: Callable[..., Any]) -> AsyncIterator[Place]:
    urls = service_database("things", MIGRATIONS)
    keys = {name: SigningKey.generate() for name in ("admin", "gateway")}
    settings = Settings.model_validate(
        {
            "database_api_url": urls.api_url,
            "database_worker_url": urls.worker_url,
            "rabbitmq_url": "amqp://nowhere",
            "rabbitmq_management_url": "http://nowhere",
            "internal_signing_key": SigningKey.generate().private_text,
            "trusted_services": {name: key.public_text for name, key in keys.items()},
        }
    )
    handler = Handler()
    service = Service("things", Settings, (), serve=None, reactions=Reactions(on(MemberJoinedV1, handler)))  # type: ignore[arg-type]
    async with AsyncExitStack() as stack:
        port = await open_internal_door(service, settings, stack)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        admin = await asyncpg.connect(urls.admin_url)
        stack.push_async_callback(admin.close)

        def client(name: str) -> InternalClient:
            signer = InternalSigner(name, keys[name].private_text)
            return InternalClient(http, signer, "things", f"http://127.0.0.1:{port}")

        yield Place(handler, admin, client)


async def test_listed_shown_rehearsed_replayed(place: Place) -> None:
    failed_id, admin = await place.put_aside(), place.client("admin")
    (group,) = (await admin.get("/internal/v1/deadletters"))["groups"]
    assert (group["count"], group["error_group"]) == (1, "RuntimeError: still broken")
    shown = await admin.get(f"/internal/v1/deadletters/{failed_id}")
    assert not shown["sealed"]
    assert "member.joined" in shown["body"]

    path, narrowed = "/internal/v1/deadletters/replay", {"error_group": group["error_group"]}
    rehearsed = await admin.post(path, narrowed | {"dry_run": True})
    assert [report["failed"] for report in rehearsed["reports"]] == [1]
    place.handler.mended = True
    rehearsed = await admin.post(path, narrowed | {"dry_run": True})
    assert [report["succeeded"] for report in rehearsed["reports"]] == [1]
    assert await place.admin.fetchval("SELECT count(*) FROM things.inbox") == 0
    replayed = await admin.post(path, narrowed | {"dry_run": False})
    assert [report["succeeded"] for report in replayed["reports"]] == [1]
    assert (await admin.get("/internal/v1/deadletters"))["groups"] == []
    assert await place.admin.fetchval("SELECT count(*) FROM things.inbox WHERE consumer = 'things'") == 1


async def test_given_up_for_a_reason(place: Place) -> None:
    failed_id, admin = await place.put_aside(), place.client("admin")
    body = {"id": str(failed_id), "reason": "a test's own", "by": "admin:somebody"}
    assert await admin.post("/internal/v1/deadletters/discard", body) == {"discarded": 1}
    kept = await place.admin.fetchrow("SELECT reason, discarded_by FROM things.discarded_messages")
    assert tuple(kept) == ("a test's own", "admin:somebody")
    with pytest.raises(PeerRefused) as refused:
        await admin.get(f"/internal/v1/deadletters/{failed_id}")
    assert refused.value.status == 404
    with pytest.raises(PeerRefused) as refused:
        await admin.post("/internal/v1/deadletters/discard", body | {"reason": ""})
    assert refused.value.status == 422


async def test_another_service_is_refused(place: Place) -> None:
    for path in ("/internal/v1/deadletters", f"/internal/v1/deadletters/{new_id()}"):
        with pytest.raises(PeerRefused) as refused:
            await place.client("gateway").get(path)
        assert refused.value.status == 403
    with pytest.raises(PeerRefused) as refused:
        await place.client("gateway").post("/internal/v1/deadletters/replay", {"dry_run": True})
    assert refused.value.status == 403
    assert place.handler.handled == 0


async def test_a_service_that_trusts_nobody_has_no_such_door() -> None:
    service = Service("things", ServiceSettings, (), serve=None)  # type: ignore[arg-type]
    async with AsyncExitStack() as stack:
        assert await open_internal_door(service, ServiceSettings(), stack) is None
