"""Have a deleted organization back."""

from dataclasses import replace
from uuid import UUID

from chassis.database import Tx
from chassis.problems import NotFound
from teams.domain.activity import Action, Subject
from teams.domain.organizations import Organization
from teams.domain.standings import check_owner, check_restorable
from teams.events import add_organization_restored
from teams.storage import memberships, organizations, standings
from teams.usecases.act_as import act_as
from teams.usecases.record_activity import record_activity


async def restore_organization(tx: Tx, *, user_id: UUID, org_id: UUID) -> Organization:
    """It works as before: members, roles and invitations were left as they were.

    The caller's token is for another organization or for none. Raises NotFound (not theirs), Forbidden (no owner),
    Conflict (not deleted, or too long ago).
    """
    await act_as(tx, user_id, org_id)
    member = await memberships.get_membership(tx, org_id, user_id)
    if member is None or not member.active:
        raise NotFound
    organization = await organizations.lock_organization(tx, org_id)
    check_owner(member.role)
    standing = await standings.get_standing(tx, org_id)
    check_restorable(standing, tx.now)
    await standings.store_standing(tx, org_id, replace(standing, deleted_at=None, deleted_by=None))
    restored = replace(organization, version=organization.version + 1)
    await organizations.update_organization(tx, restored)
    add_organization_restored(tx, restored)
    record_activity(tx, Action.ORGANIZATION_RESTORED, Subject.organization(org_id, organization.name))
    return restored
