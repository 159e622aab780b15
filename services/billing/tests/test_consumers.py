"""An organization gets one account, whoever tells of it first and however often."""

from billing.consumers import REACTIONS
from chassis.inbox import Message, Reader
from chassis.processing import Processor
from contracts.envelope import Envelope
from contracts.ids import new_id
from contracts.teams import OrganizationCreatedV1, OrganizationUpdatedV1


def told(model, org_id, clock, sequence=1, *, snapshot=None):
    event = model(
        organization_id=org_id,
        name="Acme",
        slug="acme",
        locale="en",
        time_zone="UTC",
        created_by=new_id(),
        created_at=clock.now(),
    )
    return Envelope.around(
        event,
        id=new_id(),
        source="/services/teams",
        time=clock.now(),
        sequence=sequence,
        actor="user:x",
        correlationid="c",
        orgid=org_id,
        snapshot=snapshot,
    )


async def test_one_account_and_one_intent(worker, clock, rows):
    org_id = new_id()
    created, updated = (
        told(OrganizationCreatedV1, org_id, clock),
        told(OrganizationUpdatedV1, org_id, clock, 2),
    )
    processor = Processor(worker, "billing", Reader(REACTIONS))
    await processor.settle(
        [Message(e.to_json(), message_id=str(e.id), type=e.type) for e in (updated, created, created)]
    )
    intents = await rows("SELECT kind, actor FROM operations WHERE org_id = $1", org_id)
    assert [tuple(row.values()) for row in intents] == [("create_customer", "user:x")]


async def test_an_older_organization_is_learnt_from_its_snapshot(worker, clock, rows):
    org_id = new_id()
    state = told(OrganizationUpdatedV1, org_id, clock, 7, snapshot=True)
    processor = Processor(worker, "billing", Reader(REACTIONS))
    await processor.settle([Message(state.to_json(), message_id=str(state.id), type=state.type)])
    assert len(await rows("SELECT FROM accounts WHERE org_id = $1", org_id)) == 1
