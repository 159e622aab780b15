"""/v1/organization/…: handing over, leaving, deletion, restoration; at the internal door our staff's commands."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, Field

from chassis.database import Tx
from chassis.passwords import Passwords
from chassis.problems import Forbidden
from chassis.web import Access, Caller, Door, Routes, ServiceCaller
from contracts.permissions import Permission, Role
from teams.api.caller import organization_of
from teams.api.models import Answer, MemberAnswer, OrganizationAnswer
from teams.api.reauthentication import OwnPassword, reauthenticate
from teams.domain.standings import RESTORABLE_FOR, Standing
from teams.storage import standings
from teams.storage.standings import DeletedOrganization
from teams.usecases.delete_organization import delete_organization
from teams.usecases.remove_member import remove_member
from teams.usecases.restore_organization import restore_organization
from teams.usecases.suspend_organization import reactivate_organization, suspend_organization
from teams.usecases.transfer_ownership import transfer_ownership

ROUTES = Routes("organizations")

OPERATIONS = "admin"


class DeleteOrganizationRequest(BaseModel):
    """Its name or slug, typed."""

    confirmation: Annotated[str, Field(max_length=200)]


class TransferRequest(BaseModel):
    """Who becomes owner, and who you are, once more."""

    user_id: UUID
    password: OwnPassword = None


class SuspendRequest(BaseModel):
    """Who of our staff commands it, and why."""

    staff_id: UUID
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class ReactivateRequest(BaseModel):
    """Who of our staff commands it."""

    staff_id: UUID


class DeletionAnswer(Answer):
    """Until when it can be restored."""

    deleted_at: datetime
    restorable_until: datetime


class DeletedOrganizationAnswer(Answer):
    """One of yours that waits for its end."""

    id: UUID
    name: str
    slug: str
    role: str
    deleted_at: datetime
    restorable_until: datetime

    @classmethod
    def of(cls, row: DeletedOrganization) -> Self:
        return cls(**vars(row), restorable_until=row.deleted_at + RESTORABLE_FOR)


class DeletedOrganizationsAnswer(Answer):
    """All of them: people have few."""

    items: list[DeletedOrganizationAnswer]


class StandingAnswer(Answer):
    """Whether our staff stopped it."""

    suspended_at: datetime | None
    reason: str | None

    @classmethod
    def of(cls, standing: Standing) -> Self:
        return cls(suspended_at=standing.suspended_at, reason=standing.suspension_reason)


@ROUTES.delete(
    "/v1/organization", access=Permission.ORGANIZATION_UPDATE, summary="Delete your organization", problems=(422,)
)
async def delete_own_organization(tx: Tx, caller: Caller, body: DeleteOrganizationRequest) -> DeletionAnswer:
    """Owners only. It stops at once for everybody and can be restored for thirty days."""
    standing = await delete_organization(
        tx, org_id=organization_of(caller), actor_id=caller.user_id, confirmation=body.confirmation
    )
    deleted_at = standing.deleted_at or tx.now
    return DeletionAnswer(deleted_at=deleted_at, restorable_until=deleted_at + RESTORABLE_FOR)


@ROUTES.get(
    "/v1/organizations/deleted",
    access=Access.SIGNED_IN,
    summary="Your organizations that were deleted and can be restored",
    while_suspended=True,
)
async def get_deleted_organizations(tx: Tx) -> DeletedOrganizationsAnswer:
    """The latest first. Owners can restore them."""
    found = [one for one in await standings.list_own_deleted(tx) if tx.now < one.deleted_at + RESTORABLE_FOR]
    return DeletedOrganizationsAnswer(items=[DeletedOrganizationAnswer.of(one) for one in found])


@ROUTES.post(
    "/v1/organizations/{organization_id}/restore",
    access=Access.SIGNED_IN,
    summary="Have a deleted organization back",
    problems=(403, 409),
    while_suspended=True,
)
async def restore(tx: Tx, caller: Caller, organization_id: UUID) -> OrganizationAnswer:
    """Owners only, for thirty days. Your token stays where it is: switch to go there."""
    organization = await restore_organization(tx, user_id=caller.user_id, org_id=organization_id)
    return OrganizationAnswer.of(organization, Role.OWNER)


@ROUTES.post(
    "/v1/organization/leave",
    access=Access.SIGNED_IN,
    summary="Leave your organization",
    status=204,
    problems=(403, 409),
)
async def leave(tx: Tx, caller: Caller) -> None:
    """Your token stops working: refresh it to go on in another of your organizations. The last owner cannot leave."""
    await remove_member(tx, org_id=organization_of(caller), actor_id=caller.user_id, user_id=caller.user_id)


@ROUTES.post(
    "/v1/organization/transfer-ownership",
    access=Permission.ORGANIZATION_UPDATE,
    summary="Hand your organization over to another member",
    problems=(404, 409, 429),
)
async def transfer(
    request: web.Request, door: Door, caller: Caller, body: TransferRequest, passwords: Passwords
) -> MemberAnswer:
    """Owners only, with their password. They become owner and you an admin, both at once."""
    org_id = organization_of(caller)
    await reauthenticate(request, door, caller, passwords, body.password)

    async def hand_over(tx: Tx) -> MemberAnswer:
        heir = await transfer_ownership(tx, org_id=org_id, actor_id=caller.user_id, user_id=body.user_id)
        return MemberAnswer.of(heir)

    return await door.write(hand_over)


@ROUTES.post(
    "/internal/v1/organizations/{organization_id}/suspend",
    access=Access.INTERNAL,
    summary="Stop an organization for our staff",
)
async def post_suspension(tx: Tx, caller: ServiceCaller, organization_id: UUID, body: SuspendRequest) -> StandingAnswer:
    """Its tokens are refused at once; new ones say that it is suspended."""
    _check_operations(caller)
    standing = await suspend_organization(tx, org_id=organization_id, staff_id=body.staff_id, reason=body.reason)
    return StandingAnswer.of(standing)


@ROUTES.post(
    "/internal/v1/organizations/{organization_id}/reactivate",
    access=Access.INTERNAL,
    summary="Let an organization work again",
)
async def post_reactivation(
    tx: Tx, caller: ServiceCaller, organization_id: UUID, body: ReactivateRequest
) -> StandingAnswer:
    """Whoever holds a token that says it is suspended fetches a new one."""
    _check_operations(caller)
    return StandingAnswer.of(await reactivate_organization(tx, org_id=organization_id, staff_id=body.staff_id))


def _check_operations(caller: ServiceCaller) -> None:
    """Our staff act through the operations platform alone. Raises Forbidden."""
    if caller.service != OPERATIONS:
        raise Forbidden("service_refused", "This is for the operations platform.")
