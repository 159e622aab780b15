"""Suspend an organization, and let it work again: commands of our staff, carried out for admin."""

from dataclasses import replace
from uuid import UUID

from chassis.database import Tx
from chassis.problems import NotFound
from teams.domain.activity import Action, Subject
from teams.domain.organizations import Organization
from teams.domain.standings import Standing
from teams.events import add_organization_reactivated, add_organization_suspended
from teams.storage import organizations, standings
from teams.usecases.end_tokens import end_tokens
from teams.usecases.record_activity import record_activity


async def suspend_organization(tx: Tx, *, org_id: UUID, staff_id: UUID, reason: str) -> Standing:
    """From now on its tokens say so, and services answer them with billing and exports alone; once is enough.

    Raises NotFound.
    """
    organization, standing = await _lock(tx, org_id, staff_id)
    if standing.suspended:
        return standing
    at = await end_tokens(tx, org_id)
    suspended = replace(standing, suspended_at=at, suspension_reason=reason)
    changed = await _store(tx, organization, suspended)
    add_organization_suspended(tx, changed, at=at, reason=reason)
    subject = Subject.organization(org_id, organization.name)
    record_activity(tx, Action.ORGANIZATION_SUSPENDED, subject, after={"reason": reason})
    return suspended


async def reactivate_organization(tx: Tx, *, org_id: UUID, staff_id: UUID) -> Standing:
    """Tokens that say it is suspended are refused, so that everybody fetches new ones. Raises NotFound."""
    organization, standing = await _lock(tx, org_id, staff_id)
    if not standing.suspended:
        return standing
    at = await end_tokens(tx, org_id)
    active = replace(standing, suspended_at=None, suspension_reason=None)
    add_organization_reactivated(tx, await _store(tx, organization, active), at=at)
    subject = Subject.organization(org_id, organization.name)
    record_activity(tx, Action.ORGANIZATION_REACTIVATED, subject)
    return active


async def _lock(tx: Tx, org_id: UUID, staff_id: UUID) -> tuple[Organization, Standing]:
    tx.context = replace(tx.context, actor=f"admin:{staff_id}", org_id=org_id)
    await tx.act_for(org_id=org_id)
    organization = await organizations.find_organization(tx, org_id)
    if organization is None:
        raise NotFound
    return organization, await standings.get_standing(tx, org_id)


async def _store(tx: Tx, organization: Organization, standing: Standing) -> Organization:
    await standings.store_standing(tx, organization.id, standing)
    changed = replace(organization, version=organization.version + 1)
    await organizations.update_organization(tx, changed)
    return changed
