"""Everything teams holds about one person, in words they can take along."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.database import Tx
from teams.storage import activity_list, erasures, links, personal_data, second_factors, users
from teams.storage.activity_list import ActivityRow, Filters
from teams.usecases.act_as import act_as

Place = tuple[datetime, int]


@dataclass(frozen=True)
class Profile:
    """The document without its activity, and the organizations whose logs may name the person."""

    document: dict[str, Any]
    organizations: list[UUID]


@dataclass(frozen=True)
class ActivityPage:
    """Rows of one organization's log; `place` is where the next page begins, None after the last."""

    rows: list[dict[str, Any]]
    place: Place | None


async def export_profile(tx: Tx, *, user_id: UUID) -> Profile:
    """Profile, second factor, memberships past and present, sign-ins, keys. No secret and no hash is part of it."""
    user = await users.get_user(tx, user_id)
    memberships = await erasures.list_own_memberships(tx)
    factor = {
        "enabled_at": await second_factors.get_confirmed_at(tx, user_id),
        "recovery_codes_left": await second_factors.count_recovery_codes(tx, user_id),
    }
    document: dict[str, Any] = {
        "exported_at": tx.now,
        "profile": {name: value for name, value in vars(user).items() if name not in ("version", "deleted_at")},
        "pending_email": await links.get_pending_email(tx, user_id),
        "two_step_sign_in": factor,
        "memberships": [vars(one) for one in memberships],
        "sessions": await personal_data.list_sessions(tx, user_id),
        "devices": await personal_data.list_devices(tx, user_id),
    }
    document["api_keys"], document["provider_identities"] = [], []
    for one in memberships:
        await act_as(tx, user_id, one.org_id)
        document["api_keys"] += await personal_data.list_keys(tx, one.org_id, user_id)
        document["provider_identities"] += await personal_data.list_identities(tx, one.org_id, user_id)
    return Profile(document, [one.org_id for one in memberships])


async def activity_page(
    tx: Tx, *, user_id: UUID, org_id: UUID, own: bool, after: Place | None, limit: int
) -> ActivityPage:
    """What the person did (`own`), or what others did to their membership; the newest first.

    The caller has seen that the person belongs or belonged to the organization.
    """
    await act_as(tx, user_id, org_id)
    actor = f"user:{user_id}"
    filters = Filters(actor=actor) if own else Filters(subject_type="member", subject_id=str(user_id))
    found = await activity_list.list_activity(tx, org_id, filters, after=after, limit=limit)
    page = found[:limit]
    rows = [_row(org_id, row) for row in page if own or row.actor != actor]
    return ActivityPage(rows, (page[-1].at, page[-1].number) if len(found) > limit else None)


def _row(org_id: UUID, row: ActivityRow) -> dict[str, Any]:
    """Without who else did it by name: that is theirs."""
    details = {name: value for name, value in (row.details or {}).items() if name != "actor"}
    return {"organization_id": org_id} | vars(row) | {"details": details}
