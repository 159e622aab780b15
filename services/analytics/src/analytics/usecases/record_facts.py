"""Record domain events: keep the projections, follow zone changes, store and count."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from analytics.domain.facts import record, sign_up
from analytics.domain.recorded import Intake, Recorded, Refused
from analytics.storage import events as storage
from analytics.storage import projections, rollups
from analytics.storage.projections import OrganizationEvent, SubscriptionEvent
from analytics.usecases.erase_subjects import begin_erasures, erase_subjects, find_erased, names, purged
from analytics.usecases.store_events import store_events
from chassis.database import Tx
from chassis.inbox import Fact
from contracts.teams import MemberJoinedV1, UserRegisteredV1


async def record_facts(tx: Tx, facts: Sequence[Fact], keep: timedelta) -> None:
    """All of a batch or nothing. The order of the facts does not matter, nor does their coming again."""
    await begin_erasures(tx, facts)
    intake = Intake.at(tx.now, keep)
    results = [record(header, intake) for _, header in facts]
    recorded = [one for one in results if isinstance(one, Recorded)]
    refused = [one for one in results if isinstance(one, Refused)]
    erased = await find_erased(tx, facts, recorded)
    recorded, facts_kept = _without(erased, recorded, facts)
    recorded += await _sign_ups(tx, facts_kept, {one.event_id: one for one in recorded})
    await _keep(tx, facts, {event.org_id for event in recorded}, intake)
    await erase_subjects(tx, facts)
    await store_events(tx, recorded, [one for one in refused if one.org_id not in erased])


async def keep_states(tx: Tx, facts: Sequence[Fact], keep: timedelta) -> None:
    """Keep the projections of states that were sent to fill them: nothing happened, so nothing is counted."""
    await begin_erasures(tx, facts)
    await _keep(tx, facts, (), Intake.at(tx.now, keep))
    await erase_subjects(tx, facts)


def _without(
    erased: set[UUID], recorded: Sequence[Recorded], facts: Sequence[Fact]
) -> tuple[list[Recorded], Sequence[Fact]]:
    """What is counted, emptied where it names somebody who is gone, and the facts that name nobody such."""
    if not erased:
        return list(recorded), facts
    said = {header.id: header.data for _, header in facts}
    gone = {one.event_id for one in recorded if names(one, said[one.event_id], erased)}
    counted = [one.emptied() if one.event_id in gone else one for one in recorded]
    return counted, [fact for fact in facts if fact[1].id not in gone]


async def _keep(tx: Tx, facts: Sequence[Fact], org_ids: Collection[UUID], intake: Intake) -> None:
    """Lock the organizations, keep what is newest of each, and move the days of those whose zone is another now."""
    zones = _newest_zones(facts)
    await storage.lock_organizations(tx, org_ids, whole={*zones, *purged(facts)})
    if zones:
        for org_id in await projections.upsert_organizations(tx, zones):
            await rollups.rebuild_days(tx, org_id, intake.floor)
    for event, header in facts:
        if isinstance(event, SubscriptionEvent):
            await projections.upsert_subscription(tx, event, header.sequence)


async def _sign_ups(tx: Tx, facts: Sequence[Fact], recorded: dict[UUID, Recorded]) -> list[Recorded]:
    """The sign-ups of the people in this batch whose two halves are there, earlier ones among them."""
    kept = [(event, header) for event, header in facts if header.id in recorded]
    opened = [(event, header) for event, header in kept if isinstance(event, UserRegisteredV1)]
    joined = [(event, header) for event, header in kept if isinstance(event, MemberJoinedV1)]
    people = [event.user_id for event, _ in opened] + [event.user_id for event, _ in joined]
    if not people:
        return []
    await projections.lock_people(tx, people)
    await projections.insert_registrations(tx, opened, recorded)
    await projections.insert_joins(tx, joined)
    found = await projections.list_sign_ups(tx, people)
    return [sign_up(one.event_id, one.registered_at, user_id=one.user_id, org_id=one.org_id) for one in found]


def _newest_zones(facts: Sequence[Fact]) -> dict[UUID, tuple[str, int]]:
    """Organization -> (zone, sequence), the newest in the batch."""
    newest: dict[UUID, tuple[str, int]] = {}
    for event, header in facts:
        if isinstance(event, OrganizationEvent):
            known = newest.get(event.organization_id)
            if known is None or known[1] < header.sequence:
                newest[event.organization_id] = (event.time_zone, header.sequence)
    return newest
