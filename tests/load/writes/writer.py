"""Our side: a write of a service behind its door, under row-level security; a row and the event that says so."""

from chassis import outbox
from chassis.database import Context, Database
from contracts.ids import new_id
from tests.load.events.writer import member_joined, run
from tests.load.orders import Write

_INSERT = "INSERT INTO members (member_id, org_id, email, role, run) VALUES ($1, $2, $3, 'member', $4)"


def one_by_one(database: Database) -> Write:
    """A member who joins, and no other, in each transaction."""
    organization_id, inviter = new_id(), new_id()

    async def write(run: int, events: int) -> None:
        context = Context(actor=f"user:{inviter}", org_id=organization_id, user_id=inviter)
        async with database.transaction(context) as tx:
            member_id = new_id()
            joined = member_joined(tx, member_id, organization_id, inviter)
            await tx.execute(_INSERT, member_id, organization_id, joined.email, run)
            outbox.add(tx, joined, sequence=1)

    return write


if __name__ == "__main__":
    run(one_by_one)
