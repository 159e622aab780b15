"""Track events that a customer sends: a verdict each, durable with the transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from analytics.domain import tracked
from analytics.domain.recorded import Intake, Recorded, Refused
from analytics.storage.events import lock_organizations
from analytics.usecases.store_events import store_events
from chassis.database import Tx
from chassis.problems import FieldError, Forbidden
from contracts.permissions import Permission


@dataclass(frozen=True)
class Verdicts:
    """What became of a batch; `refused` by the place in it."""

    accepted: int
    duplicates: int
    refused: dict[int, Refused]


async def track_events(
    tx: Tx, org_id: UUID, raw: Sequence[Any], keep: timedelta, permissions: Collection[str]
) -> Verdicts:
    """Count each event once. What cannot be stored is put aside and does not touch its neighbours.

    Raises Forbidden, and nothing is stored, where `permissions` do not cover an event about agents.
    """
    _refuse_agents(raw, permissions)
    intake = Intake.at(tx.now, keep)
    results = [tracked.record(one, org_id, intake) for one in raw]
    recorded = [one for one in results if isinstance(one, Recorded)]
    refused = {index: one for index, one in enumerate(results) if isinstance(one, Refused)}
    await lock_organizations(tx, [org_id])
    fresh = await store_events(tx, recorded, list(refused.values()))
    return Verdicts(len(fresh), len(recorded) - len(fresh), refused)


def _refuse_agents(raw: Sequence[Any], permissions: Collection[str]) -> None:
    """Agents' numbers are compared and billed by: only the agents' own accounts report them."""
    if Permission.AGENT_EVENTS_WRITE in permissions:
        return
    detail = f"Events named agent.* need the permission {Permission.AGENT_EVENTS_WRITE.value} of a service account."
    found = tracked.about_agents(raw)
    if found:
        fields = tuple(FieldError(f"/events/{index}/name", "permission_denied", detail) for index in found[:20])
        raise Forbidden("permission_denied", detail, fields=fields)
