"""Create an organization; its creator is its first owner."""

import secrets
from dataclasses import replace
from uuid import UUID

from chassis.database import Tx
from contracts.ids import new_id
from contracts.permissions import Role
from contracts.teams import OrganizationCreatedV1
from teams.domain.activity import Action, Subject
from teams.domain.organizations import Membership, Organization, slug_of
from teams.events import add_member_joined, add_organization_event
from teams.storage import memberships, organizations, users
from teams.usecases.act_as import act_as
from teams.usecases.record_activity import record_activity

SLUG_ATTEMPTS = 5


async def create_organization(tx: Tx, *, user_id: UUID, name: str, locale: str, time_zone: str) -> Organization:
    """Store it and its owner. The transaction acts in the new organization from here on."""
    organization = Organization(
        id=new_id(),
        name=name,
        slug=slug_of(name),
        locale=locale,
        time_zone=time_zone,
        created_by=user_id,
        created_at=tx.now,
        version=1,
    )
    await act_as(tx, user_id, organization.id)
    organization = await _insert_under_free_slug(tx, organization)
    owner = Membership(
        id=new_id(),
        org_id=organization.id,
        user_id=user_id,
        role=Role.OWNER,
        state="active",
        invited_by=None,
        joined_at=tx.now,
        tokens_not_before=None,
        changed_at=tx.now,
        changed_by=user_id,
        version=1,
    )
    await memberships.insert_membership(tx, owner)
    add_organization_event(tx, OrganizationCreatedV1, organization)
    record_activity(
        tx,
        Action.ORGANIZATION_CREATED,
        Subject.organization(organization.id, organization.name),
        after={"name": organization.name, "slug": organization.slug},
    )
    add_member_joined(tx, owner, await users.get_user(tx, user_id))
    return organization


async def _insert_under_free_slug(tx: Tx, organization: Organization) -> Organization:
    """Two organizations may have one name; the second one's slug gets a random end."""
    for _ in range(SLUG_ATTEMPTS):
        if await organizations.insert_organization(tx, organization):
            return organization
        organization = replace(organization, slug=slug_of(organization.name, secrets.token_hex(4)))
    raise RuntimeError("no free slug: 32 random bits collided five times")
