"""Erase what is left of people who ended their accounts, in every organization they ever met."""

from itertools import groupby
from uuid import UUID

from chassis import erasures as acknowledging
from chassis.database import Tx
from contracts.teams import InvitationRevokedV1
from teams.domain.activity import Action, Subject, ranges_of
from teams.events import add_invitation_event
from teams.storage import erasures, memberships, organizations
from teams.storage.erasures import PendingErasure
from teams.usecases.record_activity import record_activity
from teams.usecases.remove_member import end_membership

BATCH = 20
KEPT = ("activity logs: who did what by id alone, without names, addresses or values, so that their chains hold",)


async def erase_people(tx: Tx) -> int:
    """Up to 20; returns how many. The rest waits. Works through the worker's door."""
    found = await erasures.take_pending(tx, BATCH)
    for pending in found:
        await _erase(tx, pending)
    return len(found)


async def _erase(tx: Tx, pending: PendingErasure) -> None:
    user_id = pending.user_id
    await acknowledging.acknowledge(tx, "user", user_id, kept=KEPT)
    for org_id in await erasures.list_memberships_left(tx, user_id):
        await _end_left_membership(tx, org_id, user_id)
    addresses = sorted({*pending.addresses, *await erasures.list_logged_addresses(tx, user_id)})
    for invitation in await erasures.erase_invitations(tx, addresses, pending.deleted_at):
        add_invitation_event(tx, InvitationRevokedV1, invitation)
    await erasures.erase_traces(tx, user_id, addresses)
    erased = await erasures.erase_activity(tx, user_id, addresses, pending.deleted_at)
    for org_id, rows in groupby(erased, key=lambda row: row[0]):
        _tell_of_erasure(tx, org_id, user_id, [number for _, number in rows])


async def _end_left_membership(tx: Tx, org_id: UUID, user_id: UUID) -> None:
    await organizations.lock_organization(tx, org_id)
    membership = await memberships.lock_membership(tx, org_id, user_id)
    if membership is not None and membership.active:
        await end_membership(tx, membership, user_id)


def _tell_of_erasure(tx: Tx, org_id: UUID, user_id: UUID, numbers: list[int]) -> None:
    """The chain says which rows have no details any more: without that it would look as if somebody took them."""
    subject = Subject("member", str(user_id), "")
    record_activity(tx, Action.ACTIVITY_ERASED, subject, after={"rows": ranges_of(numbers)}, org_id=org_id)
