"""Give an organization another logo, or none."""

from dataclasses import replace
from uuid import UUID

from chassis.answers import IfMatch
from chassis.database import Tx
from contracts.permissions import Permission
from contracts.teams import OrganizationUpdatedV1
from teams.domain.activity import Action, Subject
from teams.domain.logos import path_of
from teams.domain.organizations import Organization
from teams.events import add_organization_event
from teams.storage import organizations
from teams.usecases.act_as import get_acting_member
from teams.usecases.record_activity import record_activity


async def set_logo(
    tx: Tx, *, org_id: UUID, actor_id: UUID, read: IfMatch, logo_id: UUID | None
) -> tuple[Organization, UUID | None]:
    """The organization with the logo whose file was written before, and the logo it had until now.

    Raises PreconditionFailed (changed since it was read) and Forbidden.
    """
    organization = await organizations.lock_organization(tx, org_id)
    await get_acting_member(tx, org_id, actor_id, Permission.ORGANIZATION_UPDATE)
    read.check(organization.version)
    if organization.logo_id == logo_id:
        return organization, None
    changed = replace(organization, logo_id=logo_id, version=organization.version + 1)
    await organizations.update_organization(tx, changed)
    add_organization_event(tx, OrganizationUpdatedV1, changed)
    record_activity(
        tx,
        Action.ORGANIZATION_UPDATED,
        Subject.organization(org_id, organization.name),
        before=_told(organization),
        after=_told(changed),
    )
    return changed, organization.logo_id


def _told(organization: Organization) -> dict[str, str | None]:
    return {"logo": path_of(organization.id, organization.logo_id)}
