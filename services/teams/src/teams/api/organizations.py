"""/v1/organizations and /v1/organization."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from chassis.database import Tx
from chassis.web import Access, Caller, IfMatch, Listing, Page, Routes
from contracts.permissions import Permission, Role
from teams.api.caller import organization_of
from teams.api.models import OrganizationAnswer
from teams.api.registration import Name
from teams.domain import people
from teams.domain.standings import clean_slug
from teams.usecases.create_organization import create_organization
from teams.usecases.list_organizations import list_organizations
from teams.usecases.show_organization import show_organization
from teams.usecases.update_organization import update_organization

ROUTES = Routes("organizations")


class CreateOrganizationRequest(BaseModel):
    """A new organization; you become its owner."""

    name: Name
    locale: str = people.DEFAULT_LOCALE
    time_zone: str = people.DEFAULT_TIME_ZONE


class UpdateOrganizationRequest(BaseModel):
    """What is absent stays as it is."""

    name: Name | None = None
    slug: Annotated[str, Field(max_length=100)] | None = None
    locale: str | None = None
    time_zone: str | None = None
    require_mfa: bool | None = Field(None, description="Ask every member for two-step sign-in; you need it first.")


@ROUTES.get(
    "/v1/organizations", access=Access.SIGNED_IN, summary="The organizations you belong to", while_suspended=True
)
async def get_organizations(tx: Tx, query: Listing) -> Page[OrganizationAnswer]:
    """By age."""
    rows = await list_organizations(tx, after=query.after(UUID), limit=query.limit)
    return Page[OrganizationAnswer].of(
        rows,
        query.limit,
        item=lambda own: OrganizationAnswer.of(own.organization, own.role),
        key=lambda own: (own.organization.id,),
    )


@ROUTES.post("/v1/organizations", access=Access.SIGNED_IN, summary="Create an organization", status=201)
async def post_organization(tx: Tx, caller: Caller, body: CreateOrganizationRequest) -> OrganizationAnswer:
    """Your token stays where it is: switch to go there."""
    organization = await create_organization(
        tx,
        user_id=caller.user_id,
        name=people.clean_name(body.name),
        locale=people.clean_locale(body.locale),
        time_zone=people.clean_time_zone(body.time_zone),
    )
    return OrganizationAnswer.of(organization, Role.OWNER)


@ROUTES.get(
    "/v1/organization",
    access=Permission.ORGANIZATION_READ,
    summary="The organization of your token",
    while_suspended=True,
)
async def get_organization(tx: Tx, caller: Caller) -> OrganizationAnswer:
    """Its version is the ETag that a change needs."""
    return OrganizationAnswer.of(await show_organization(tx, organization_of(caller)), caller.role)


@ROUTES.patch(
    "/v1/organization",
    access=Permission.ORGANIZATION_UPDATE,
    summary="Change its name, slug, locale, time zone, or whether members need two-step sign-in",
    problems=(409, 412, 428),
)
async def patch_organization(
    tx: Tx, caller: Caller, if_match: IfMatch, body: UpdateOrganizationRequest
) -> OrganizationAnswer:
    """A slug that was given up is free for others at once."""
    organization = await update_organization(
        tx,
        org_id=organization_of(caller),
        actor_id=caller.person_id,
        read=if_match,
        name=None if body.name is None else people.clean_name(body.name),
        slug=None if body.slug is None else clean_slug(body.slug),
        locale=None if body.locale is None else people.clean_locale(body.locale),
        time_zone=None if body.time_zone is None else people.clean_time_zone(body.time_zone),
        require_mfa=body.require_mfa,
    )
    return OrganizationAnswer.of(organization, caller.role)
