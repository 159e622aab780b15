"""Change an organization's name, slug, locale, time zone, or whether its members need a second factor."""

from dataclasses import replace
from uuid import UUID

from chassis.answers import IfMatch
from chassis.database import Tx
from chassis.problems import Conflict
from contracts.permissions import Permission
from teams.domain.activity import Action, Subject
from teams.domain.organizations import Organization, check_may_require_mfa
from teams.events import add_organization_updated
from teams.storage import organizations, second_factors
from teams.usecases.act_as import get_acting_member
from teams.usecases.end_tokens import end_tokens
from teams.usecases.record_activity import changes, record_activity


async def update_organization(
    tx: Tx,
    *,
    org_id: UUID,
    actor_id: UUID,
    read: IfMatch,
    name: str | None = None,
    slug: str | None = None,
    locale: str | None = None,
    time_zone: str | None = None,
    require_mfa: bool | None = None,
) -> Organization:
    """Store what is given (cleaned).

    Raises PreconditionFailed (changed since it was read), Forbidden, Conflict (slug taken, or no second factor yet).
    A new demand for a second factor holds at once: everybody's tokens are refused, and new ones say what is due.
    """
    organization = await organizations.lock_organization(tx, org_id)
    await get_acting_member(tx, org_id, actor_id, Permission.ORGANIZATION_UPDATE)
    read.check(organization.version)
    if require_mfa and not organization.require_mfa:
        check_may_require_mfa(await second_factors.get_confirmed_at(tx, actor_id) is not None)
    changed = replace(
        organization,
        name=name or organization.name,
        slug=slug or organization.slug,
        locale=locale or organization.locale,
        time_zone=time_zone or organization.time_zone,
        require_mfa=organization.require_mfa if require_mfa is None else require_mfa,
    )
    if changed == organization:
        return organization
    return await _store(tx, organization, replace(changed, version=organization.version + 1))


async def _store(tx: Tx, organization: Organization, changed: Organization) -> Organization:
    if changed.slug != organization.slug and not await organizations.update_slug(tx, changed.id, changed.slug):
        raise Conflict("slug_taken", "Another organization has this slug.")
    await organizations.update_organization(tx, changed)
    demanded = changed.require_mfa and not organization.require_mfa
    at = await end_tokens(tx, changed.id) if demanded else None
    add_organization_updated(tx, changed, tokens_not_before=at)
    before, after = changes(organization, changed, "name", "slug", "locale", "time_zone", "require_mfa")
    record_activity(
        tx, Action.ORGANIZATION_UPDATED, Subject.organization(changed.id, changed.name), before=before, after=after
    )
    return changed
