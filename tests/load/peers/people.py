"""What both FastStream peers do to the databases: the same tables and statements as our side's."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
from pydantic import BaseModel
from uuid_utils.compat import uuid7

ORGANIZATION = uuid7()

INSERT_MEMBERS = """
INSERT INTO members (member_id, org_id, email, role, run)
SELECT id, $2, id || '@example.com', 'member', $3 FROM unnest($1::uuid[]) AS id
"""
INBOX = """
INSERT INTO inbox (consumer, event_id) SELECT 'consumer', unnest($1::uuid[]) ON CONFLICT DO NOTHING RETURNING event_id
"""
KEEP = """
INSERT INTO people (member_id, org_id, email, role, sequence)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[])
ON CONFLICT (member_id) DO UPDATE
SET email = excluded.email, role = excluded.role, sequence = excluded.sequence
WHERE people.sequence < excluded.sequence
"""


class MemberJoined(BaseModel):
    event_id: UUID
    sequence: int
    membership_id: UUID
    organization_id: UUID
    user_id: UUID
    email: str
    name: str
    role: str
    state: str
    invited_by: UUID | None
    joined_at: datetime


def joined(member_id: UUID) -> MemberJoined:
    return MemberJoined(
        event_id=uuid7(),
        sequence=1,
        membership_id=member_id,
        organization_id=ORGANIZATION,
        user_id=member_id,
        email=f"{member_id}@example.com",
        name="A Person",
        role="member",
        state="active",
        invited_by=ORGANIZATION,
        joined_at=datetime.now(UTC),
    )


def bus_url() -> str:
    return os.environ["RABBITMQ_URL"]


async def connect(service: str) -> asyncpg.Pool:
    return await asyncpg.create_pool(
        os.environ[f"{service.upper()}_URL"],
        min_size=1,
        max_size=8,
        server_settings={"search_path": service, "timezone": "UTC"},
    )


async def keep(connection: asyncpg.Connection, events: Sequence[MemberJoined]) -> None:
    """The inbox and the effect of some events, within the caller's transaction."""
    fresh = {row["event_id"] for row in await connection.fetch(INBOX, [event.event_id for event in events])}
    rows = [
        (event.membership_id, event.organization_id, event.email, event.role, event.sequence)
        for event in events
        if event.event_id in fresh
    ]
    if rows:
        await connection.execute(KEEP, *(list(column) for column in zip(*rows, strict=True)))
