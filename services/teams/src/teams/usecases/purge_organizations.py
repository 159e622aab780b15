"""Erase organizations whose thirty days are over."""

from dataclasses import replace
from uuid import UUID

from chassis import erasures
from chassis.database import Tx
from teams.domain.activity import Action, Subject, ranges_of
from teams.domain.organizations import Organization
from teams.domain.standings import RESTORABLE_FOR
from teams.events import add_organization_purged
from teams.storage import activity, invitations, memberships, organizations, sso, sso_sign_ins, standings
from teams.usecases.record_activity import record_activity
from teams.usecases.remove_member import end_membership

BATCH = 20
MEMBERS = 10_000


async def purge_organizations(tx: Tx) -> int:
    """Up to 20; returns how many. The rest waits. Works through the worker's door."""
    due = await standings.list_due_for_purge(tx, tx.now - RESTORABLE_FOR, BATCH)
    for org_id in due:
        await _purge(tx, await organizations.lock_organization(tx, org_id))
    return len(due)


async def _purge(tx: Tx, organization: Organization) -> None:
    """Name, slug, logo, invitations, what its activity says about people go; members leave; ids and hashes stay."""
    org_id = organization.id
    standing = await standings.get_standing(tx, org_id)
    if standing.deleted_at is None:
        return
    await erasures.acknowledge(tx, "organization", org_id)
    numbers = await activity.erase_organization(tx, org_id)
    await invitations.delete_all(tx, org_id)
    await sso.delete_settings(tx, org_id)
    await sso.delete_domains(tx, org_id)
    await sso_sign_ins.delete_people(tx, org_id)
    for member in await memberships.list_members(tx, org_id, after=None, limit=MEMBERS):
        await end_membership(tx, member.membership, member.membership.user_id)
    # The file of its logo is nobody's then: `collect_logos` erases it.
    purged = replace(organization, name="", slug=f"purged-{org_id}", logo_id=None, version=organization.version + 1)
    await organizations.update_organization(tx, purged)
    await organizations.update_slug(tx, org_id, purged.slug)
    await standings.store_standing(tx, org_id, replace(standing, purged_at=tx.now))
    add_organization_purged(tx, purged, at=tx.now)
    _tell_of_erasure(tx, org_id, numbers)


def _tell_of_erasure(tx: Tx, org_id: UUID, numbers: list[int]) -> None:
    subject = Subject("organization", str(org_id), "")
    record_activity(tx, Action.ACTIVITY_ERASED, subject, after={"rows": ranges_of(numbers)}, org_id=org_id)
