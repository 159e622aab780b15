"""Delete an organization: it stops at once and can be restored for thirty days."""

from dataclasses import replace
from uuid import UUID

from chassis.database import Tx
from contracts.permissions import Permission
from teams.domain.activity import Action, Subject
from teams.domain.standings import Standing, check_confirmed, check_owner
from teams.events import add_organization_deleted
from teams.storage import organizations, standings
from teams.usecases.act_as import get_acting_member
from teams.usecases.end_tokens import end_tokens
from teams.usecases.record_activity import record_activity


async def delete_organization(tx: Tx, *, org_id: UUID, actor_id: UUID, confirmation: str) -> Standing:
    """Everybody's tokens for it are refused from now on, and none are minted. Nothing is erased yet.

    Raises Forbidden (no owner), Invalid (the confirmation is not its name or slug).
    """
    organization = await organizations.lock_organization(tx, org_id)
    actor = await get_acting_member(tx, org_id, actor_id, Permission.ORGANIZATION_UPDATE)
    check_owner(actor.member.role)
    check_confirmed(organization, confirmation)
    at = await end_tokens(tx, org_id)
    standing = replace(await standings.get_standing(tx, org_id), deleted_at=at, deleted_by=actor_id)
    await standings.store_standing(tx, org_id, standing)
    deleted = replace(organization, version=organization.version + 1)
    await organizations.update_organization(tx, deleted)
    add_organization_deleted(tx, deleted, standing)
    record_activity(tx, Action.ORGANIZATION_DELETED, Subject.organization(org_id, organization.name))
    return standing
