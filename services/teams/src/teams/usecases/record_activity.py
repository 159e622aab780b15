"""Put down who changed what in an organization: in the transaction of the change, at its end, so that the
organization's chain is held only briefly.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any
from uuid import UUID

from chassis.chains import SALT_BYTES, commit_to, written
from chassis.database import Tx
from teams.domain.activity import Action, Activity, Head, Subject, link
from teams.storage import activity as storage
from teams.storage.activity import Written


def record_activity(
    tx: Tx,
    action: Action,
    subject: Subject,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    org_id: UUID | None = None,
    actor: str | None = None,
) -> None:
    """The change and its row commit together, or neither does.

    Who, why and from where are the transaction's context. `before` and `after` hold only what changed, as JSON values;
    never a secret. `org_id` defaults to the organization the transaction acts in (ValueError without one), `actor` to
    who acts in it.
    """
    context = tx.context
    organization = org_id or context.org_id
    if organization is None:
        raise ValueError(f"{action} happened in no organization")
    activity = Activity(
        org_id=organization,
        actor=actor or context.actor,
        action=action,
        subject=subject,
        request_id=context.correlation_id,
        address=context.address,
        user_agent=context.user_agent,
        before=before or {},
        after=after or {},
    )
    _pending(tx).activities.append(activity)


def changes(before: object, after: object, *names: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Of two states of one thing, those of the named attributes that differ: as they were, as they are."""
    differing = [name for name in names if getattr(before, name, None) != getattr(after, name)]
    return (
        {name: getattr(before, name) for name in differing if before is not None},
        {name: getattr(after, name) for name in differing},
    )


@dataclass
class _Pending:
    """All rows of one transaction, appended just before it commits."""

    tx: Tx
    activities: list[Activity] = field(default_factory=list)

    async def __call__(self) -> None:
        """Organizations in the order of their ids, so that no two transactions wait for each other's chain."""
        names = await storage.get_names(self.tx, {activity.acting[0] for activity in self.activities})
        in_order = sorted(self.activities, key=lambda activity: activity.org_id)
        for org_id, activities in groupby(in_order, key=lambda activity: activity.org_id):
            await _append(self.tx, org_id, list(activities), names)
        context = self.tx.context
        await self.tx.act_for(org_id=context.org_id, user_id=context.user_id)


def _pending(tx: Tx) -> _Pending:
    found = next((write for write in tx.before_commit if isinstance(write, _Pending)), None)
    if found is None:
        found = _Pending(tx)
        tx.before_commit.append(found)
    return found


async def _append(tx: Tx, org_id: UUID, activities: list[Activity], names: Mapping[str, str]) -> None:
    await tx.act_for(org_id=org_id, user_id=tx.context.user_id)
    head = await storage.lock_head(tx, org_id)
    now = tx.clock.now()
    rows = []
    for activity in activities:
        details = written(activity.details(names.get(activity.acting[0])))
        salt = secrets.token_bytes(SALT_BYTES)
        row = Written(link(activity, head, commit_to(salt, details), now), salt, details, activity.persons)
        head = _after(head, row)
        rows.append(row)
    await storage.insert_rows(tx, rows)
    await storage.update_head(tx, head)


def _after(head: Head, row: Written) -> Head:
    return replace(head, number=row.link.number, at=row.link.at, hash=row.link.hash)
