"""Our side: the process that would serve requests, under row-level security, without a relay beside it."""

import asyncio
import os
from collections.abc import Callable
from uuid import UUID

import uvloop

from chassis import outbox
from chassis.database import Context, Database, Tx
from chassis.processes import spare_the_collector
from contracts.ids import new_id
from contracts.teams import MemberJoinedV1
from tests.load.events.services import PRODUCER
from tests.load.orders import Write, carry_out_orders

_INSERT = """
INSERT INTO members (member_id, org_id, email, role, run)
SELECT id, $2, id || '@example.com', 'member', $3 FROM unnest($1::uuid[]) AS id
"""


def member_joined(tx: Tx, member_id: UUID, organization_id: UUID, inviter: UUID) -> MemberJoinedV1:
    """What teams says of somebody who joins."""
    return MemberJoinedV1(
        membership_id=member_id,
        organization_id=organization_id,
        user_id=member_id,
        email=f"{member_id}@example.com",
        name="A Person",
        role="member",
        state="active",
        invited_by=inviter,
        joined_at=tx.now,
    )


def many_at_once(database: Database) -> Write:
    """As many members in a transaction as the order says."""
    organization_id, inviter = new_id(), new_id()

    async def write(run: int, events: int) -> None:
        context = Context(actor=f"user:{inviter}", org_id=organization_id, user_id=inviter)
        async with database.transaction(context) as tx:
            ids = [new_id() for _ in range(events)]
            await tx.execute(_INSERT, ids, organization_id, run)
            for member_id in ids:
                outbox.add(tx, member_joined(tx, member_id, organization_id, inviter), sequence=1)

    return write


def run(write: Callable[[Database], Write]) -> None:
    """Carry out orders as a serving process would: its loop, its pool, its collector."""

    async def serve() -> None:
        database = await Database.connect(os.environ["DATABASE_API_URL"], service=PRODUCER)
        spare_the_collector()
        await carry_out_orders(write(database))
        await database.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())


if __name__ == "__main__":
    run(many_at_once)
